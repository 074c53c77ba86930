output "region" {
  description = "Region of everything."
  value       = var.aws_region
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = module.agents.cluster_name
}

output "service_name" {
  description = "The ECS service that keeps the tasks running."
  value       = module.agents.service_name
}

output "storage" {
  description = "What /shared-storage is: bind, ebs or efs."
  value       = var.storage
}

output "repository_name" {
  description = "ECR repository of the image; null with an image of your own."
  value       = one(module.repository[*].name)
}

output "repository_url" {
  description = "Where to push the image, without the tag; null with an image of your own."
  value       = one(module.repository[*].url)
}

output "image" {
  description = "The image that the task definition names."
  value       = module.agents.image
}

output "cpu_architecture" {
  description = "ARM64 or X86_64: what the image must be built for."
  value       = var.cpu_architecture
}

output "token_secret_arn" {
  description = "The secret that holds the token, or the service principal's client secret."
  value       = module.agents.token_secret_arn
}

output "token_secret_name" {
  description = "Name of that secret."
  value       = module.agents.token_secret_name
}

output "log_groups" {
  description = "Log group of each agent."
  value       = module.agents.log_groups
}

output "task_definition_arn" {
  description = "The task definition that the service runs."
  value       = module.agents.task_definition_arn
}

output "desired_count" {
  description = "Tasks that the service asks for now; 0 as long as waiting_for is not empty."
  value       = module.agents.desired_count
}

output "waiting_for" {
  description = "What must come before tasks start, each once: azp_url, image, token. Put it there, then apply again."
  value       = module.agents.waiting_for
}

output "azp_url" {
  description = "The organization."
  value       = var.azp_url
}

output "azp_pool" {
  description = "The pool that the agents join."
  value       = var.azp_pool
}
