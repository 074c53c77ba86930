# Answers of the mocked provider, real-looking enough for its own validators. GovCloud, so that a hard-wired partition shows.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws-us-gov" }
}

mock_data "aws_region" {
  defaults = { id = "us-gov-west-1", name = "us-gov-west-1" }
}

mock_data "aws_availability_zones" {
  defaults = { names = ["us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c"] }
}

mock_data "aws_vpcs" {
  defaults = { ids = ["vpc-0a"] }
}

mock_data "aws_subnets" {
  defaults = { ids = ["subnet-0a"] }
}

mock_data "aws_subnet" {
  defaults = { availability_zone = "us-gov-west-1a", vpc_id = "vpc-0b" }
}

mock_data "aws_iam_policy_document" {
  defaults = { json = "{}" }
}

mock_data "aws_ecr_repository" {
  defaults = {
    arn                    = "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/tidepool/tidepool/tidepool-agent"
    repository_url         = "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/tidepool/tidepool/tidepool-agent"
    most_recent_image_tags = ["v1"]
  }
}

mock_data "aws_secretsmanager_secret_versions" {
  defaults = { versions = [{ version_id = "1", version_stages = ["AWSCURRENT"], created_time = "", last_accessed_date = "" }] }
}

mock_data "aws_ecs_cluster" {
  defaults = { arn = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/tidepool" }
}

mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:cluster/tidepool" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task-definition/tidepool-agents:1" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws-us-gov:iam::123456789012:role/made" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:tidepool/tidepool/token-AbCdEf" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/tidepool/tidepool/agent-1" }
}

mock_resource "aws_efs_file_system" {
  defaults = { id = "fs-0a", arn = "arn:aws-us-gov:elasticfilesystem:us-gov-west-1:123456789012:file-system/fs-0a" }
}

mock_resource "aws_efs_access_point" {
  defaults = { id = "fsap-0a", arn = "arn:aws-us-gov:elasticfilesystem:us-gov-west-1:123456789012:access-point/fsap-0a" }
}
