# What each storage, network and option makes of the configuration. Mocks: they check this configuration, not AWS.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  aws_region = "us-gov-west-1"
  azp_url    = "https://dev.azure.com/x"
}

run "a_bind_mount_has_nothing_but_a_name" {
  module {
    source = "./modules/agents"
  }
  variables {
    cluster         = { name = "tidepool" }
    image           = { name = "example.org/agent:1" }
    azure_pipelines = { url = "https://dev.azure.com/x", pool = "Default" }
    network         = { subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0a"] }
  }

  assert {
    condition     = one(aws_ecs_task_definition.agents.volume).name == "bind-mount-storage" && one(aws_ecs_task_definition.agents.volume).host_path == null && length(one(aws_ecs_task_definition.agents.volume).efs_volume_configuration) == 0
    error_message = "The volume is ${jsonencode(aws_ecs_task_definition.agents.volume)}."
  }
  assert {
    condition     = length(aws_ecs_task_definition.agents.ephemeral_storage) == 0 && length(aws_ecs_service.agents.volume_configuration) == 0
    error_message = "20 GiB are the task's anyway; the API refuses to be asked for them."
  }
  assert {
    condition     = [for container in jsondecode(aws_ecs_task_definition.agents.container_definitions) : container.name] == ["agent-1", "agent-2"]
    error_message = "Two agents are the default."
  }
  assert {
    condition     = length([for container in jsondecode(aws_ecs_task_definition.agents.container_definitions) : container if container.mountPoints[0].containerPath == "/shared-storage" && container.mountPoints[0].sourceVolume == "bind-mount-storage" && container.stopTimeout == 120 && container.restartPolicy.enabled]) == 2
    error_message = "Each agent mounts the one volume, has 120 s to drain, and is restarted in place."
  }
  assert {
    condition     = [for container in jsondecode(aws_ecs_task_definition.agents.container_definitions) : container.logConfiguration.options["awslogs-group"]] == ["/tidepool/tidepool/agent-1", "/tidepool/tidepool/agent-2"]
    error_message = "Each agent has a log group of its own."
  }
  assert {
    condition     = aws_ecs_service.agents.desired_count == 1 && aws_ecs_service.agents.launch_type == "FARGATE" && one(aws_ecs_service.agents.deployment_circuit_breaker).rollback && !aws_ecs_service.agents.enable_execute_command
    error_message = "With image and token there, the service runs one task with the circuit breaker on."
  }
  assert {
    condition     = aws_ecs_service.agents.availability_zone_rebalancing == "DISABLED"
    error_message = "ECS would stop agents to move them."
  }
  assert {
    condition     = one(aws_ecs_task_definition.agents.runtime_platform).cpu_architecture == "ARM64" && length(aws_ecs_cluster_capacity_providers.spot) == 0
    error_message = "ARM, and no capacity providers, unless asked for."
  }
  assert {
    condition     = aws_secretsmanager_secret.token.recovery_window_in_days == 0
    error_message = "The name must be free after a destroy."
  }
  assert {
    condition     = jsonencode([for statement in data.aws_iam_policy_document.task.statement : [statement.actions, statement.resources]]) == jsonencode([[["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], ["arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task/tidepool/*"]]])
    error_message = "Jobs may protect tasks of their own cluster, in this partition, and nothing else: ${jsonencode(data.aws_iam_policy_document.task.statement)}"
  }
  assert {
    condition     = [for statement in data.aws_iam_policy_document.execution.statement : statement.sid] == ["Log", "Token"]
    error_message = "An image of another registry needs no right to pull from ECR."
  }
}

run "ebs_is_one_volume_for_each_task" {
  module {
    source = "./modules/agents"
  }
  variables {
    cluster         = { name = "tidepool" }
    image           = { name = "111122223333.dkr.ecr.us-gov-east-1.amazonaws.com/team/agent@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
    azure_pipelines = { url = "https://dev.azure.com/x" }
    network         = { subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0a"] }
    storage         = { kind = "ebs", ebs = { size_gib = 200, iops = 6000 } }
    kms_key_arns    = { volume = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1" }
  }

  assert {
    condition     = one(aws_ecs_task_definition.agents.volume).name == "ebs-storage" && one(aws_ecs_task_definition.agents.volume).configure_at_launch
    error_message = "The service configures the volume, not the task definition."
  }
  assert {
    condition     = one(one(aws_ecs_service.agents.volume_configuration).managed_ebs_volume).size_in_gb == 200 && one(one(aws_ecs_service.agents.volume_configuration).managed_ebs_volume).encrypted && one(aws_ecs_service.agents.volume_configuration).name == "ebs-storage"
    error_message = "The service asks for an encrypted volume of the size given."
  }
  assert {
    condition     = one(aws_iam_role_policy_attachment.infrastructure).policy_arn == "arn:aws-us-gov:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForVolumes" && length(aws_iam_role_policy.infrastructure_key) == 1
    error_message = "ECS may make volumes, with the key given."
  }
  assert {
    condition     = one([for statement in data.aws_iam_policy_document.execution.statement : statement.resources if statement.sid == "Pull"]) == toset(["arn:aws-us-gov:ecr:us-gov-east-1:111122223333:repository/team/agent"])
    error_message = "An image of another account's ECR may be pulled, and no other."
  }
}

run "efs_is_mounted_through_its_access_point" {
  module {
    source = "./modules/agents"
  }
  variables {
    cluster         = { name = "tidepool" }
    image           = { name = "111122223333.dkr.ecr-fips.us-gov-east-1.amazonaws.com/agent:1" }
    azure_pipelines = { url = "https://dev.azure.com/x" }
    network         = { subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0a"] }
    storage         = { kind = "efs", efs = { file_system_id = "fs-0a", file_system_arn = "arn:fs", access_point_id = "fsap-0a", access_point_arn = "arn:ap" } }
  }

  assert {
    condition     = one(one(aws_ecs_task_definition.agents.volume).efs_volume_configuration).transit_encryption == "ENABLED" && one(one(one(aws_ecs_task_definition.agents.volume).efs_volume_configuration).authorization_config).iam == "ENABLED" && one(one(one(aws_ecs_task_definition.agents.volume).efs_volume_configuration).authorization_config).access_point_id == "fsap-0a"
    error_message = "The volume is ${jsonencode(aws_ecs_task_definition.agents.volume)}."
  }
  assert {
    condition     = [for statement in data.aws_iam_policy_document.task.statement : statement.sid] == ["TaskProtection", "SharedStorage"] && one(one([for statement in data.aws_iam_policy_document.task.statement : statement.condition if statement.sid == "SharedStorage"])).values == tolist(["arn:ap"])
    error_message = "The task role mounts this access point only."
  }
  assert {
    condition     = one([for statement in data.aws_iam_policy_document.execution.statement : statement.resources if statement.sid == "Pull"]) == toset(["arn:aws-us-gov:ecr:us-gov-east-1:111122223333:repository/agent"])
    error_message = "An image named by ECR's FIPS host may be pulled too."
  }
}

run "the_file_system_belongs_to_the_agents_user" {
  module {
    source = "./modules/efs"
  }
  variables {
    name                      = "tidepool"
    vpc_id                    = "vpc-0a"
    subnet_ids_by_zone        = { us-gov-west-1a = "subnet-0a", us-gov-west-1b = "subnet-0b" }
    client_security_group_ids = ["sg-0a"]
  }

  assert {
    condition     = one(aws_efs_access_point.agents.posix_user).uid == 1000 && one(one(aws_efs_access_point.agents.root_directory).creation_info).owner_uid == 1000
    error_message = "User agent of the image is 1000."
  }
  assert {
    condition     = aws_efs_file_system.shared.encrypted && length(aws_efs_mount_target.shared) == 2 && one(aws_security_group.mount_targets.ingress).from_port == 2049 && one(aws_security_group.mount_targets.ingress).security_groups == toset(["sg-0a"])
    error_message = "Encrypted, a mount target in each zone, NFS from the tasks only."
  }
}

run "a_service_principal_takes_the_tokens_place" {
  module {
    source = "./modules/agents"
  }
  variables {
    cluster         = { name = "tidepool", existing = true, spot = true }
    image           = { name = "example.org/agent:1" }
    azure_pipelines = { url = "https://dev.azure.com/x", service_principal = { client_id = "c", tenant_id = "t" } }
    network         = { subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0a"] }
    proxy           = { https = "http://proxy.example.org:3128", no_proxy = ".example.org" }
    environment     = { AZP_WORK = "_w" }
    roles           = { path = "/teams/", permissions_boundary_arn = "arn:aws-us-gov:iam::123456789012:policy/b", execution_role_arn = "arn:aws-us-gov:iam::123456789012:role/own" }
    task            = { ephemeral_storage_gib = 21, cpu_architecture = "X86_64" }
  }

  assert {
    condition     = alltrue([for container in jsondecode(aws_ecs_task_definition.agents.container_definitions) : one(container.secrets).name == "AZP_CLIENT_SECRET"])
    error_message = "The client secret goes where the token would."
  }
  assert {
    condition = [for variable in jsondecode(aws_ecs_task_definition.agents.container_definitions)[0].environment : "${variable.name}=${variable.value}" if !contains(["AZP_URL", "AZP_POOL"], variable.name) && !startswith(variable.name, "FARGATE_")] == [
      "AZP_CLIENT_ID=c", "AZP_TENANT_ID=t", "AZP_WORK=_w",
      "HTTPS_PROXY=http://proxy.example.org:3128", "NO_PROXY=169.254.170.2,localhost,127.0.0.1,.example.org",
      "https_proxy=http://proxy.example.org:3128", "no_proxy=169.254.170.2,localhost,127.0.0.1,.example.org",
    ]
    error_message = "The environment is ${jsonencode(jsondecode(aws_ecs_task_definition.agents.container_definitions)[0].environment)}."
  }
  assert {
    condition     = length(aws_iam_role.execution) == 0 && one(aws_iam_role.task).path == "/teams/" && one(aws_iam_role.task).permissions_boundary == "arn:aws-us-gov:iam::123456789012:policy/b" && aws_ecs_task_definition.agents.execution_role_arn == "arn:aws-us-gov:iam::123456789012:role/own"
    error_message = "A role of one's own is used as it is; others are made under path and boundary."
  }
  assert {
    condition     = length(aws_ecs_cluster.agents) == 0 && length(aws_ecs_cluster_capacity_providers.spot) == 0 && one(aws_ecs_service.agents.capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"
    error_message = "A cluster of one's own is not changed, not even for Spot."
  }
  assert {
    condition     = one(aws_ecs_task_definition.agents.ephemeral_storage).size_in_gib == 21 && one(aws_ecs_task_definition.agents.runtime_platform).cpu_architecture == "X86_64"
    error_message = "Disk and architecture are as asked."
  }
}

run "without_a_token_no_task_is_asked_for" {
  override_data {
    target = module.agents.data.aws_secretsmanager_secret_versions.token
    values = { versions = [] }
  }

  assert {
    condition     = output.desired_count == 0 && output.waiting_for == tolist(["token"])
    error_message = "desired_count is ${output.desired_count}, waiting_for ${jsonencode(output.waiting_for)}."
  }
}

run "without_an_image_no_task_is_asked_for" {
  override_data {
    target = module.repository[0].data.aws_ecr_repository.agent
    values = { arn = "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/r", repository_url = "example.org/r", most_recent_image_tags = [] }
  }

  assert {
    condition     = output.desired_count == 0 && output.waiting_for == tolist(["image"])
    error_message = "desired_count is ${output.desired_count}, waiting_for ${jsonencode(output.waiting_for)}."
  }
}

run "an_image_said_to_be_pushed_is_not_looked_up" {
  variables {
    image_pushed = true
    tasks        = 3
  }
  override_data {
    target = module.repository[0].data.aws_ecr_repository.agent
    values = { arn = "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/r", repository_url = "example.org/r", most_recent_image_tags = [] }
  }

  assert {
    condition     = output.desired_count == 3 && length(output.waiting_for) == 0 && output.image == "example.org/r:v1"
    error_message = "desired_count is ${output.desired_count}, image ${output.image}, waiting_for ${jsonencode(output.waiting_for)}."
  }
}

run "without_an_organization_no_task_is_asked_for" {
  variables {
    azp_url = null
    image   = "example.org/agent:7"
  }

  assert {
    condition     = output.desired_count == 0 && output.waiting_for == tolist(["azp_url"]) && output.repository_url == null && output.image == "example.org/agent:7"
    error_message = "desired_count is ${output.desired_count}, waiting_for ${jsonencode(output.waiting_for)}."
  }
}

run "given_subnets_get_a_group_with_egress_only" {
  module {
    source = "./modules/network"
  }
  variables {
    name       = "tidepool"
    subnet_ids = ["subnet-0b", "subnet-0a"]
  }

  assert {
    condition     = join(",", output.subnet_ids) == "subnet-0a,subnet-0b" && jsonencode(output.subnet_ids_by_zone) == jsonencode({ us-gov-west-1a = "subnet-0a" }) && output.vpc_id == "vpc-0b"
    error_message = "All subnets for tasks, one of each zone for mount targets: ${jsonencode(output.subnet_ids_by_zone)}."
  }
  assert {
    condition     = length(aws_security_group.tasks) == 1 && length(one(aws_security_group.tasks).egress) == 1 && length(aws_vpc.own) == 0
    error_message = "A group is made, and no VPC."
  }
}

run "a_small_vpc_has_two_public_subnets_and_no_nat" {
  module {
    source = "./modules/network"
  }
  variables {
    name     = "tidepool"
    vpc_cidr = "10.42.0.0/24"
  }

  assert {
    condition     = [for subnet in values(aws_subnet.public) : subnet.cidr_block] == ["10.42.0.0/26", "10.42.0.64/26"] && length(aws_subnet.private) == 0 && length(aws_nat_gateway.own) == 0
    error_message = "The subnets are ${jsonencode([for subnet in values(aws_subnet.public) : subnet.cidr_block])}."
  }
}

run "nat_is_one_gateway_before_two_private_subnets" {
  module {
    source = "./modules/network"
  }
  variables {
    name     = "tidepool"
    vpc_cidr = "10.42.0.0/24"
    nat      = true
  }

  assert {
    condition     = [for subnet in values(aws_subnet.private) : subnet.cidr_block] == ["10.42.0.128/26", "10.42.0.192/26"] && length(aws_nat_gateway.own) == 1 && join(",", output.subnet_ids) == join(",", [for subnet in values(aws_subnet.private) : subnet.id])
    error_message = "The subnets are ${jsonencode([for subnet in values(aws_subnet.private) : subnet.cidr_block])}."
  }
}

run "a_region_without_a_default_vpc_is_told" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    name = "tidepool"
  }
  override_data {
    target = data.aws_vpcs.default
    values = { ids = [] }
  }

  expect_failures = [data.aws_vpcs.default]
}

run "a_default_vpc_without_subnets_is_told" {
  command = plan
  module {
    source = "./modules/network"
  }
  variables {
    name = "tidepool"
  }
  override_data {
    target = data.aws_subnets.default
    values = { ids = [] }
  }

  expect_failures = [data.aws_subnets.default]
}

run "zones_without_fargate_and_those_named_are_left_out" {
  module {
    source = "./modules/network"
  }
  variables {
    name              = "tidepool"
    excluded_zone_ids = ["use1-az3"]
  }

  assert {
    condition     = data.aws_availability_zones.fargate[0].exclude_zone_ids == toset(["usw1-az2", "apne1-az3", "cnn1-az3", "cnn1-az4", "use1-az3"])
    error_message = "Left out are ${jsonencode(data.aws_availability_zones.fargate[0].exclude_zone_ids)}."
  }
}

run "a_repository_of_ones_own_is_only_read" {
  module {
    source = "./modules/repository"
  }
  variables {
    name     = "agents"
    existing = true
  }

  assert {
    condition     = length(aws_ecr_repository.agent) == 0 && length(aws_ecr_lifecycle_policy.agent) == 0 && output.has_image
    error_message = "It is neither made nor given a policy."
  }
}

run "only_untagged_images_expire" {
  module {
    source = "./modules/repository"
  }
  variables {
    name = "agents"
  }

  assert {
    condition     = [for rule in jsondecode(one(aws_ecr_lifecycle_policy.agent).policy).rules : rule.selection.tagStatus] == ["untagged"] && one(aws_ecr_repository.agent).force_delete && one(one(aws_ecr_repository.agent).image_scanning_configuration).scan_on_push && one(aws_ecr_repository.agent).image_tag_mutability == "IMMUTABLE"
    error_message = "A tagged image may be in use."
  }
}
