locals {
  volume = { bind = "bind-mount-storage", ebs = "ebs-storage", efs = "efs-storage" }[var.storage.kind]

  # Placeholders stand inside JSON strings: the value goes there as JSON writes it, without the quotes.
  values = { for name in local.names : name => {
    name             = name
    image            = var.image.name
    azp_url          = var.azure_pipelines.url == null ? "" : var.azure_pipelines.url
    azp_pool         = var.azure_pipelines.pool
    azp_token_secret = aws_secretsmanager_secret.token.arn
    log_group        = aws_cloudwatch_log_group.agent[name].name
    log_prefix       = "agents"
    region           = local.region
    volume           = local.volume
    storage          = var.storage.kind
  } }
  containers = [for name in local.names : jsondecode(templatefile("${path.module}/../../agent-container.json.tftpl", {
    for placeholder, value in local.values[name] : placeholder => substr(jsonencode(value), 1, length(jsonencode(value)) - 2)
  }))]

  principal = var.azure_pipelines.service_principal
  principal_environment = local.principal == null ? {} : {
    AZP_CLIENT_ID = local.principal.client_id
    AZP_TENANT_ID = local.principal.tenant_id
  }

  # Tools read one spelling or the other. The metadata and credentials address of the task is never behind a proxy.
  proxy = var.proxy == null ? {} : {
    for name, value in {
      HTTP_PROXY  = var.proxy.http
      HTTPS_PROXY = var.proxy.https
      NO_PROXY    = join(",", compact(concat(["169.254.170.2", "localhost", "127.0.0.1"], split(",", var.proxy.no_proxy))))
    } : name => value if value != null
  }
  proxy_environment = merge(local.proxy, { for name, value in local.proxy : lower(name) => value })

  further_environment = merge(local.proxy_environment, var.environment, local.principal_environment)
  definitions = [for container in local.containers : merge(container, {
    environment = concat(container.environment, [for name in sort(keys(local.further_environment)) : { name = name, value = local.further_environment[name] }])
    secrets     = [for secret in container.secrets : merge(secret, local.principal == null ? {} : { name = "AZP_CLIENT_SECRET" })]
  })]

  missing = concat(
    var.azure_pipelines.url == null ? ["azp_url"] : [],
    var.image.pushed ? [] : ["image"],
    length([for version in coalesce(data.aws_secretsmanager_secret_versions.token.versions, []) : version if contains(version.version_stages, "AWSCURRENT")]) > 0 ? [] : ["token"],
  )
}

resource "aws_ecs_task_definition" "agents" {
  family                   = "${local.cluster_name}-agents"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task.cpu
  memory                   = var.task.memory
  execution_role_arn       = local.execution_role_arn
  task_role_arn            = local.task_role_arn
  container_definitions    = jsonencode(local.definitions)

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.task.cpu_architecture
  }

  # 20 GiB is what a task has anyway; the API takes 21 to 200.
  dynamic "ephemeral_storage" {
    for_each = var.task.ephemeral_storage_gib > 20 ? [var.task.ephemeral_storage_gib] : []
    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  # With nothing but a name: a bind mount on the task's own disk. Fargate refuses a path of the host.
  volume {
    name                = local.volume
    configure_at_launch = var.storage.kind == "ebs" ? true : null

    dynamic "efs_volume_configuration" {
      for_each = var.storage.kind == "efs" ? [var.storage.efs] : []
      content {
        file_system_id     = efs_volume_configuration.value.file_system_id
        transit_encryption = "ENABLED"

        authorization_config {
          access_point_id = efs_volume_configuration.value.access_point_id
          iam             = "ENABLED"
        }
      }
    }
  }
}

# The provider cannot take an EBS volume off a service, so another kind of storage is another service.
# Source: https://github.com/hashicorp/terraform-provider-aws/pull/49185
resource "terraform_data" "volume" {
  input = local.volume
}

resource "aws_ecs_service" "agents" {
  name            = "agents"
  cluster         = local.cluster_arn
  task_definition = aws_ecs_task_definition.agents.arn
  # Tasks that cannot start would trip the circuit breaker: none is asked for before image and token are there.
  desired_count          = length(local.missing) == 0 ? var.tasks : 0
  launch_type            = var.cluster.spot ? null : "FARGATE"
  propagate_tags         = "SERVICE"
  enable_execute_command = false # a shell in the container would see the token
  # Agents that wait for jobs need no balance between zones, and moving one ends it. Not said, provider 5 asks for DISABLED, 6 leaves it to ECS.
  availability_zone_rebalancing = "DISABLED"

  # A new task comes online before an old one drains.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = var.network.security_group_ids
    assign_public_ip = var.network.assign_public_ip
  }

  dynamic "capacity_provider_strategy" {
    for_each = var.cluster.spot ? ["FARGATE_SPOT"] : []
    content {
      capacity_provider = capacity_provider_strategy.value
      weight            = 1
    }
  }

  dynamic "volume_configuration" {
    for_each = var.storage.kind == "ebs" ? [var.storage.ebs] : []
    content {
      name = local.volume

      managed_ebs_volume {
        role_arn         = local.infrastructure_role_arn
        encrypted        = true
        kms_key_id       = var.kms_key_arns.volume
        size_in_gb       = volume_configuration.value.size_gib
        volume_type      = volume_configuration.value.type
        iops             = volume_configuration.value.iops
        throughput       = volume_configuration.value.throughput_mib_s
        file_system_type = volume_configuration.value.file_system
        snapshot_id      = volume_configuration.value.snapshot_id

        tag_specifications {
          resource_type  = "volume"
          propagate_tags = "SERVICE"
        }
      }
    }
  }

  lifecycle {
    replace_triggered_by = [terraform_data.volume]
  }

  # Roles must allow what a task needs before it starts, and until its volume is gone.
  depends_on = [
    aws_ecs_cluster_capacity_providers.spot,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_iam_role_policy_attachment.infrastructure,
    aws_iam_role_policy.infrastructure_key,
  ]
}
