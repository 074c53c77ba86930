output "name" {
  description = "Name of the repository."
  value       = var.name
}

output "url" {
  description = "Where to push, without the tag."
  value       = data.aws_ecr_repository.agent.repository_url
}

output "arn" {
  description = "ARN of the repository."
  value       = data.aws_ecr_repository.agent.arn
}

output "has_image" {
  description = "Whether an image was pushed: the newest one has a tag."
  value       = length(coalesce(data.aws_ecr_repository.agent.most_recent_image_tags, [])) > 0
}
