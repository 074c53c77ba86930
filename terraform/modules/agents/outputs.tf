output "cluster_name" {
  description = "The ECS cluster."
  value       = local.cluster_name
}

output "service_name" {
  description = "The ECS service."
  value       = aws_ecs_service.agents.name
}

output "image" {
  description = "The image that the task definition names."
  value       = var.image.name
}

output "token_secret_arn" {
  description = "The secret to put the token into."
  value       = aws_secretsmanager_secret.token.arn
}

output "token_secret_name" {
  description = "Name of that secret."
  value       = aws_secretsmanager_secret.token.name
}

output "log_groups" {
  description = "Log group of each agent."
  value       = { for name, group in aws_cloudwatch_log_group.agent : name => group.name }
}

output "task_definition_arn" {
  description = "The task definition that the service runs."
  value       = aws_ecs_task_definition.agents.arn
}

output "task_role_arn" {
  description = "Role of the jobs, to allow them more."
  value       = local.task_role_arn
}

output "desired_count" {
  description = "Tasks that the service asks for now."
  value       = aws_ecs_service.agents.desired_count
}

output "waiting_for" {
  description = "What must come before tasks start: azp_url, image, token."
  value       = local.missing
}
