module "network" {
  source = "./modules/network"

  name               = var.cluster_name
  subnet_ids         = var.network.subnet_ids
  security_group_ids = var.network.security_group_ids
  vpc_cidr           = var.network.vpc_cidr
  nat                = var.network.nat
  # Fargate attaches no EBS volume in this zone.
  # Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html
  excluded_zone_ids = var.storage == "ebs" ? ["use1-az3"] : []
}

module "repository" {
  source = "./modules/repository"
  count  = var.image == null ? 1 : 0

  name        = var.existing_repository == null ? "tidepool/${var.cluster_name}/tidepool-agent" : var.existing_repository
  existing    = var.existing_repository != null
  kms_key_arn = var.kms_key_arns.repository
}

module "efs" {
  source = "./modules/efs"
  count  = var.storage == "efs" ? 1 : 0

  name                      = var.cluster_name
  vpc_id                    = module.network.vpc_id
  subnet_ids_by_zone        = module.network.subnet_ids_by_zone
  client_security_group_ids = module.network.security_group_ids
  throughput                = var.efs.throughput
  infrequent_after_days     = var.efs.infrequent_after_days
  iam_only                  = var.efs.iam_only
  kms_key_arn               = var.kms_key_arns.volume
}

locals {
  image_in_repository = var.image != null ? null : {
    name           = "${module.repository[0].url}:${var.image_tag}"
    repository_arn = module.repository[0].arn
    pushed         = var.image_pushed == null ? module.repository[0].has_image : var.image_pushed
  }
}

module "agents" {
  source = "./modules/agents"

  cluster = {
    name                          = var.cluster_name
    existing                      = var.existing_cluster
    ephemeral_storage_kms_key_arn = var.kms_key_arns.ephemeral_storage
    spot                          = var.spot
  }
  # Whether an image of one's own is there is not asked: it may be anywhere.
  image = var.image != null ? { name = var.image, repository_arn = null, pushed = true } : local.image_in_repository
  tasks = var.tasks
  task = {
    agents                = var.agents
    cpu                   = var.cpu
    memory                = var.memory
    cpu_architecture      = var.cpu_architecture
    ephemeral_storage_gib = var.ephemeral_storage_gib
  }
  azure_pipelines = {
    url               = var.azp_url
    pool              = var.azp_pool
    service_principal = var.service_principal
  }
  environment = var.environment
  proxy       = var.proxy
  storage = {
    kind = var.storage
    ebs  = var.ebs
    efs  = one(module.efs[*].volume)
  }
  network = {
    subnet_ids         = module.network.subnet_ids
    security_group_ids = module.network.security_group_ids
    assign_public_ip   = var.network.assign_public_ip == null ? !var.network.nat : var.network.assign_public_ip
  }
  roles              = var.roles
  kms_key_arns       = { secret = var.kms_key_arns.secret, logs = var.kms_key_arns.logs, volume = var.kms_key_arns.volume }
  log_retention_days = var.log_retention_days
}
