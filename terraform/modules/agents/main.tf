data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id # `name` in provider 5 and `region` in 6 are the same
  names     = [for i in range(var.task.agents) : "agent-${i + 1}"]

  cluster_arn  = var.cluster.existing ? data.aws_ecs_cluster.existing[0].arn : aws_ecs_cluster.agents[0].arn
  cluster_name = var.cluster.name
}

# The cluster

data "aws_ecs_cluster" "existing" {
  count = var.cluster.existing ? 1 : 0

  cluster_name = var.cluster.name
}

resource "aws_ecs_cluster" "agents" {
  count = var.cluster.existing ? 0 : 1

  name = var.cluster.name

  dynamic "configuration" {
    for_each = var.cluster.ephemeral_storage_kms_key_arn == null ? [] : [var.cluster.ephemeral_storage_kms_key_arn]
    content {
      managed_storage_configuration {
        fargate_ephemeral_storage_kms_key_id = configuration.value
      }
    }
  }
}

# Only for Spot: without it each apply and destroy is 10 s shorter, and launch type FARGATE needs none.
resource "aws_ecs_cluster_capacity_providers" "spot" {
  count = var.cluster.spot && !var.cluster.existing ? 1 : 0

  cluster_name       = aws_ecs_cluster.agents[0].name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

# The token: made empty, filled by `tidepool up` or `aws secretsmanager put-secret-value`, never read here.
resource "aws_secretsmanager_secret" "token" {
  name        = "tidepool/${local.cluster_name}/token"
  description = var.azure_pipelines.service_principal == null ? "Token that registers the agents of ${local.cluster_name}" : "Client secret of the service principal that registers the agents of ${local.cluster_name}"
  kms_key_id  = var.kms_key_arns.secret
  # Destroy and create again must find the name free.
  recovery_window_in_days = 0
}

# Versions and their stages, no values.
data "aws_secretsmanager_secret_versions" "token" {
  secret_id = aws_secretsmanager_secret.token.id
}

resource "aws_cloudwatch_log_group" "agent" {
  for_each = toset(local.names)

  name              = "/tidepool/${local.cluster_name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arns.logs
}
