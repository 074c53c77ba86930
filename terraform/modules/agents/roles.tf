# Three roles: execution (ECS itself, to start the containers), task (the jobs), infrastructure (ECS, for EBS volumes).
# A role of your own takes the place of each; nothing is attached to it.

locals {
  make_execution      = var.roles.execution_role_arn == null
  make_task           = var.roles.task_role_arn == null
  make_infrastructure = var.storage.kind == "ebs" && var.roles.infrastructure_role_arn == null

  execution_role_arn      = local.make_execution ? aws_iam_role.execution[0].arn : var.roles.execution_role_arn
  task_role_arn           = local.make_task ? aws_iam_role.task[0].arn : var.roles.task_role_arn
  infrastructure_role_arn = local.make_infrastructure ? aws_iam_role.infrastructure[0].arn : var.roles.infrastructure_role_arn

  # An image of one's own in ECR, in whatever account and region.
  ecr_image       = try(regex("^(?P<account>[0-9]{12})\\.dkr\\.ecr(?:-fips)?\\.(?P<region>[a-z0-9-]+)\\.[^/]+/(?P<name>[^:@]+)", var.image.name), null)
  repository_arns = var.image.repository_arn != null ? [var.image.repository_arn] : local.ecr_image != null ? ["arn:${local.partition}:ecr:${local.ecr_image.region}:${local.ecr_image.account}:repository/${local.ecr_image.name}"] : []
}

data "aws_iam_policy_document" "tasks_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# Execution role

resource "aws_iam_role" "execution" {
  count = local.make_execution ? 1 : 0

  name                 = "${local.cluster_name}-execution"
  description          = "ECS pulls the image, writes logs and reads the token for the agents of ${local.cluster_name}"
  path                 = var.roles.path
  permissions_boundary = var.roles.permissions_boundary_arn
  assume_role_policy   = data.aws_iam_policy_document.tasks_trust.json
}

data "aws_iam_policy_document" "execution" {
  # ECS, to log in to ECR: the action knows no resource.
  dynamic "statement" {
    for_each = length(local.repository_arns) > 0 ? [1] : []
    content {
      sid       = "LogIn"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"]
    }
  }

  # ECS, to pull this one image.
  dynamic "statement" {
    for_each = length(local.repository_arns) > 0 ? [1] : []
    content {
      sid       = "Pull"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = local.repository_arns
    }
  }

  # The log driver, to write into the agents' groups.
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for group in values(aws_cloudwatch_log_group.agent) : "${group.arn}:*"]
  }

  # ECS, to put the token into the container's environment.
  statement {
    sid       = "Token"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.token.arn]
  }

  # The same, where the secret has a key of its own.
  dynamic "statement" {
    for_each = var.kms_key_arns.secret == null ? [] : [var.kms_key_arns.secret]
    content {
      sid       = "TokenKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  count = local.make_execution ? 1 : 0

  name   = "start-agents"
  role   = aws_iam_role.execution[0].id
  policy = data.aws_iam_policy_document.execution.json
}

# Task role: what every job may do

data "aws_iam_policy_document" "task_trust" {
  # Only for tasks of this account.
  # Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ecs:${local.region}:${local.account}:*"]
    }
  }
}

resource "aws_iam_role" "task" {
  count = local.make_task ? 1 : 0

  name                 = "${local.cluster_name}-task"
  description          = "What jobs of the agents of ${local.cluster_name} may do in AWS"
  path                 = var.roles.path
  permissions_boundary = var.roles.permissions_boundary_arn
  assume_role_policy   = data.aws_iam_policy_document.task_trust.json
}

data "aws_iam_policy_document" "task" {
  # The supervisor, so that a busy task is not scaled away.
  statement {
    sid       = "TaskProtection"
    actions   = ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
    resources = ["arn:${local.partition}:ecs:${local.region}:${local.account}:task/${local.cluster_name}/*"]
  }

  # ECS, which mounts the file system with this role, and only through the agents' access point.
  dynamic "statement" {
    for_each = var.storage.kind == "efs" ? [var.storage.efs] : []
    content {
      sid       = "SharedStorage"
      actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      resources = [statement.value.file_system_arn]

      condition {
        test     = "StringEquals"
        variable = "elasticfilesystem:AccessPointArn"
        values   = [statement.value.access_point_arn]
      }
    }
  }
}

resource "aws_iam_role_policy" "task" {
  count = local.make_task ? 1 : 0

  name   = "agents"
  role   = aws_iam_role.task[0].id
  policy = data.aws_iam_policy_document.task.json
}

# Infrastructure role

data "aws_iam_policy_document" "infrastructure_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "infrastructure" {
  count = local.make_infrastructure ? 1 : 0

  name                 = "${local.cluster_name}-infrastructure"
  description          = "ECS makes and removes the EBS volumes of the agents of ${local.cluster_name}"
  path                 = var.roles.path
  permissions_boundary = var.roles.permissions_boundary_arn
  assume_role_policy   = data.aws_iam_policy_document.infrastructure_trust.json
}

# Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html
resource "aws_iam_role_policy_attachment" "infrastructure" {
  count = local.make_infrastructure ? 1 : 0

  role       = aws_iam_role.infrastructure[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForVolumes"
}

data "aws_iam_policy_document" "infrastructure_key" {
  count = local.make_infrastructure && var.kms_key_arns.volume != null ? 1 : 0

  # ECS, to use the volume's key.
  # Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-kms-encryption.html
  statement {
    sid = "VolumeKey"
    actions = [
      "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom", "kms:ReEncryptTo",
    ]
    resources = [var.kms_key_arns.volume]
  }

  # EC2, which holds the key while the volume is attached.
  statement {
    sid       = "VolumeKeyGrant"
    actions   = ["kms:CreateGrant"]
    resources = [var.kms_key_arns.volume]

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }
}

resource "aws_iam_role_policy" "infrastructure_key" {
  count = local.make_infrastructure && var.kms_key_arns.volume != null ? 1 : 0

  name   = "volume-key"
  role   = aws_iam_role.infrastructure[0].id
  policy = data.aws_iam_policy_document.infrastructure_key[0].json
}
