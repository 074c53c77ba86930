output "volume" {
  description = "The file system and its access point, as module agents takes them."
  value = {
    file_system_id   = aws_efs_file_system.shared.id
    file_system_arn  = aws_efs_file_system.shared.arn
    access_point_id  = aws_efs_access_point.agents.id
    access_point_arn = aws_efs_access_point.agents.arn
  }

  # A task that starts before its zone has a mount target fails.
  depends_on = [aws_efs_mount_target.shared, aws_efs_file_system_policy.shared]
}
