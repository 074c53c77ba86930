# AWS

variable "aws_profile" {
  description = "Profile of ~/.aws/config. Empty: credentials come from the environment (AWS_PROFILE, AWS_ACCESS_KEY_ID, a role)."
  type        = string
  default     = ""
  nullable    = false
}

variable "aws_region" {
  description = "Region of everything, as in us-east-1."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]+$", var.aws_region))
    error_message = "aws_region is \"${var.aws_region}\". Give a region's code, as in us-east-1, without a zone's letter."
  }
}

variable "tags" {
  description = "Tags of every resource, task and volume, besides tidepool-cluster."
  type        = map(string)
  default     = {}
  nullable    = false
}

# Azure Pipelines

variable "azp_url" {
  description = "URL of the organization, as in https://dev.azure.com/your-organization. Null: none yet, so no task is started. `tidepool up` takes it from .env."
  type        = string
  default     = null

  validation {
    condition     = var.azp_url == null ? true : can(regex("^https?://[^/@\\s\"]+/?[^@\\s\"]*$", var.azp_url))
    error_message = "azp_url is \"${var.azp_url == null ? "" : replace(var.azp_url, "/\\/\\/[^\\/]*@/", "//***@")}\". Give the organization's address without a user or a token, as in https://dev.azure.com/your-organization."
  }
}

variable "azp_pool" {
  description = "Agent pool that the agents join; it must exist."
  type        = string
  default     = "Default"
  nullable    = false

  validation {
    condition     = trimspace(var.azp_pool) != "" && trimspace(var.azp_pool) == var.azp_pool
    error_message = "azp_pool is \"${var.azp_pool}\". Give the name of an agent pool of the organization, as in Default."
  }
}

variable "service_principal" {
  description = "Microsoft Entra service principal that registers the agents instead of a personal access token. Its client secret then goes where the token would: into the secret that Terraform creates empty."
  type        = object({ client_id = string, tenant_id = string })
  default     = null
}

# The agents

variable "cluster_name" {
  description = "Name of the ECS cluster, and prefix of all other names. 2 to 32 lower-case letters, digits, hyphens."
  type        = string
  default     = "tidepool"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.cluster_name)) && !can(regex("--", var.cluster_name))
    error_message = "cluster_name is \"${var.cluster_name}\". Use 2 to 32 lower-case letters, digits and single hyphens, with a letter first."
  }
}

variable "existing_cluster" {
  description = "Whether cluster_name names a cluster that stands already. It is then neither changed nor destroyed."
  type        = bool
  default     = false
  nullable    = false
}

variable "tasks" {
  description = "Tasks that the service keeps running, once image and token are there. 0 to 100."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.tasks >= 0 && var.tasks <= 100 && floor(var.tasks) == var.tasks
    error_message = "tasks is ${var.tasks}. Use a whole number from 0 to 100."
  }
}

variable "agents" {
  description = "Agents in each task, which share /shared-storage: containers agent-1 to agent-N. 1 to 10."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.agents >= 1 && var.agents <= 10 && floor(var.agents) == var.agents
    error_message = "agents is ${var.agents}. Use 1 to 10; a Fargate task has 10 containers at most."
  }
}

variable "cpu" {
  description = "CPU units of a task; 1024 is one vCPU. 256, 512, 1024, 2048, 4096, 8192 or 16384."
  type        = number
  default     = 1024
  nullable    = false
}

variable "memory" {
  description = "Memory of a task in MiB; which values go with which cpu is Fargate's table."
  type        = number
  default     = 2048
  nullable    = false
}

variable "cpu_architecture" {
  description = "ARM64, which costs a fifth less, or X86_64. The image must be built for it."
  type        = string
  default     = "ARM64"
  nullable    = false

  validation {
    condition     = contains(["ARM64", "X86_64"], var.cpu_architecture)
    error_message = "cpu_architecture is \"${var.cpu_architecture}\". Use ARM64 or X86_64."
  }
}

variable "ephemeral_storage_gib" {
  description = "The task's disk in GiB, 20 to 200: image, containers and bind mounts together. The first 20 are free."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_gib >= 20 && var.ephemeral_storage_gib <= 200 && floor(var.ephemeral_storage_gib) == var.ephemeral_storage_gib
    error_message = "ephemeral_storage_gib is ${var.ephemeral_storage_gib}. Use a whole number from 20 to 200; for more, use storage = \"ebs\"."
  }
}

variable "spot" {
  description = "Whether tasks run on Fargate Spot: about 70 % cheaper, and stopped with two minutes' notice when AWS wants them back. A cluster of your own must have FARGATE_SPOT already."
  type        = bool
  default     = false
  nullable    = false
}

variable "environment" {
  description = "Further environment variables of the agents. They are readable by whoever may describe the task definition: no secrets."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name))])
    error_message = "environment names ${join(", ", [for name in keys(var.environment) : "\"${name}\"" if !can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name))])}. Use letters, digits and underscores, with no digit first."
  }

  validation {
    condition = length(setintersection(keys(var.environment), [
      "AZP_URL", "AZP_POOL", "AZP_TOKEN", "AZP_TOKEN_FILE", "AZP_CLIENT_ID", "AZP_TENANT_ID", "AZP_CLIENT_SECRET",
      "FARGATE_TASK", "FARGATE_CONTAINER", "FARGATE_STORAGE", "FARGATE_REVISION",
    ])) == 0
    error_message = "environment sets ${join(", ", [for name in keys(var.environment) : name if can(regex("^(AZP_(URL|POOL|TOKEN|TOKEN_FILE|CLIENT_ID|TENANT_ID|CLIENT_SECRET)|FARGATE_(TASK|CONTAINER|STORAGE|REVISION))$", name))])}. Use azp_url, azp_pool and service_principal for these; the token goes into the secret with `tidepool up` or `aws secretsmanager put-secret-value`, never into Terraform."
  }
}

variable "proxy" {
  description = "Proxy between the agents and the Internet. no_proxy is a comma-separated list; the task's own metadata address is always in it. No user and password: they would be readable in the task definition."
  type        = object({ http = optional(string), https = optional(string), no_proxy = optional(string, "") })
  default     = null

  validation {
    condition     = var.proxy == null ? true : alltrue([for url in compact([var.proxy.http, var.proxy.https]) : can(regex("^https?://[^@\\s\"]+$", url))])
    error_message = "proxy.http or proxy.https is not an address without a user. Give it as in http://proxy.example.org:3128."
  }
}

# The image

variable "image" {
  description = "Image of your own, by tag or digest, as in 123456789012.dkr.ecr.us-east-1.amazonaws.com/agent:7. Null: the repository that is made here, with image_tag."
  type        = string
  default     = null

  validation {
    condition     = var.image == null ? true : can(regex("^[^\\s\":@]+(:[0-9]+/[^\\s\":@]+)?(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@sha256:[0-9a-f]{64})?$", var.image)) && can(regex("(:[^/]+|@sha256:[0-9a-f]{64})$", var.image))
    error_message = "image is \"${var.image == null ? "" : var.image}\". Name it with a tag or a digest, as in repository/agent:7 or repository/agent@sha256:…"
  }
}

variable "image_tag" {
  description = "Tag of the image in the repository. Tags there are immutable: a changed image needs a new tag. `tidepool up` sets a hash of what the image is built from."
  type        = string
  default     = "v1"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag))
    error_message = "image_tag is \"${var.image_tag}\". Use up to 128 letters, digits, underscores, periods and hyphens."
  }
}

variable "image_pushed" {
  description = "Whether the image is in the repository. Null: it is looked up, and the newest pushed image with a tag counts. Set true where the newest thing pushed may have no tag, as with signatures."
  type        = bool
  default     = null
}

variable "existing_repository" {
  description = "Name of an ECR repository of this account and region that stands already. It is then neither changed nor destroyed. Null: one is made."
  type        = string
  default     = null
}

# Storage

variable "storage" {
  description = "What /shared-storage is: bind (the task's disk: free to 20 GiB, gone with the task), ebs (a volume for each task, gone with it), efs (a file system that outlives tasks and is shared by all)."
  type        = string
  default     = "bind"
  nullable    = false

  validation {
    condition     = contains(["bind", "ebs", "efs"], var.storage)
    error_message = "storage is \"${var.storage}\". Use bind, ebs or efs."
  }
}

variable "ebs" {
  description = "The EBS volume of each task: size in GiB, type, IOPS and MiB/s where the type takes them, file system, and a snapshot to start from."
  type = object({
    size_gib         = optional(number, 100)
    type             = optional(string, "gp3")
    iops             = optional(number)
    throughput_mib_s = optional(number)
    file_system      = optional(string, "xfs")
    snapshot_id      = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["gp2", "gp3", "io1", "io2", "st1", "sc1"], var.ebs.type)
    error_message = "ebs.type is \"${var.ebs.type}\". Use gp2, gp3, io1, io2, st1 or sc1."
  }

  validation {
    condition     = floor(var.ebs.size_gib) == var.ebs.size_gib && var.ebs.size_gib <= 16384 && var.ebs.size_gib >= lookup({ io1 = 4, io2 = 4, st1 = 125, sc1 = 125 }, var.ebs.type, 1)
    error_message = "ebs.size_gib is ${var.ebs.size_gib}. Use ${lookup({ io1 = 4, io2 = 4, st1 = 125, sc1 = 125 }, var.ebs.type, 1)} to 16384 for ${var.ebs.type}."
  }

  validation {
    condition     = var.ebs.iops != null || !contains(["io1", "io2"], var.ebs.type)
    error_message = "ebs.iops is not set, and ${var.ebs.type} needs it. Set ebs.iops, or use gp3."
  }

  validation {
    condition     = contains(["xfs", "ext4", "ext3"], var.ebs.file_system)
    error_message = "ebs.file_system is \"${var.ebs.file_system}\". Use xfs, ext4 or ext3."
  }
}

variable "efs" {
  description = "The EFS file system: throughput elastic or bursting, days until unread files go to the cheaper class (1, 7, 14, 30, 60, 90, 180, 270, 365; null for never), and whether only IAM identities may mount it (false for an emulator that cannot delete a file system policy)."
  type        = object({ throughput = optional(string, "elastic"), infrequent_after_days = optional(number), iam_only = optional(bool, true) })
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["elastic", "bursting"], var.efs.throughput)
    error_message = "efs.throughput is \"${var.efs.throughput}\". Use elastic or bursting."
  }

  validation {
    condition     = var.efs.infrequent_after_days == null ? true : contains([1, 7, 14, 30, 60, 90, 180, 270, 365], var.efs.infrequent_after_days)
    error_message = "efs.infrequent_after_days is ${var.efs.infrequent_after_days == null ? "null" : var.efs.infrequent_after_days}. Use 1, 7, 14, 30, 60, 90, 180, 270 or 365, or leave it out."
  }
}

# Network

variable "network" {
  description = <<-E
    Where tasks run. Nothing set: the default VPC. subnet_ids: these subnets, with security_group_ids or a group that is made.
    vpc_cidr: a small VPC of its own with two public subnets, and with nat = true two private ones behind one NAT gateway.
    assign_public_ip: default true, but false with nat.
  E
  type = object({
    subnet_ids         = optional(list(string), [])
    security_group_ids = optional(list(string), [])
    vpc_cidr           = optional(string)
    nat                = optional(bool, false)
    assign_public_ip   = optional(bool)
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.network.subnet_ids) == 0 || var.network.vpc_cidr == null
    error_message = "network has subnet_ids and vpc_cidr \"${var.network.vpc_cidr == null ? "" : var.network.vpc_cidr}\". Give one: subnet_ids to use a VPC that stands, vpc_cidr to make one."
  }

  validation {
    condition     = var.network.vpc_cidr == null ? true : can(cidrsubnet(var.network.vpc_cidr, 2, 3)) && can(regex("/(1[6-9]|2[0-6])$", var.network.vpc_cidr))
    error_message = "network.vpc_cidr is \"${var.network.vpc_cidr == null ? "" : var.network.vpc_cidr}\". Give a range from /16 to /26, as in 10.42.0.0/24; it is cut into four subnets."
  }

  validation {
    condition     = !var.network.nat || var.network.vpc_cidr != null
    error_message = "network.nat is true without vpc_cidr. Give vpc_cidr, as in 10.42.0.0/24, or subnet_ids of subnets that have a NAT gateway."
  }

  validation {
    condition     = length(var.network.security_group_ids) == 0 || var.network.vpc_cidr == null
    error_message = "network has security_group_ids of another VPC besides vpc_cidr. Leave security_group_ids out; one with egress only is made."
  }

  validation {
    condition     = !(var.network.vpc_cidr != null && !var.network.nat && var.network.assign_public_ip == false)
    error_message = "network.assign_public_ip is false in a VPC without NAT. Set network.nat = true, or leave assign_public_ip out; tasks reach nothing otherwise."
  }

  validation {
    condition     = alltrue([for id in var.network.subnet_ids : can(regex("^subnet-[0-9a-f]+$", id))])
    error_message = "network.subnet_ids holds ${join(", ", [for id in var.network.subnet_ids : "\"${id}\"" if !can(regex("^subnet-[0-9a-f]+$", id))])}. Give ids of subnets, as in subnet-0123456789abcdef0."
  }

  validation {
    condition     = alltrue([for id in var.network.security_group_ids : can(regex("^sg-[0-9a-f]+$", id))])
    error_message = "network.security_group_ids holds ${join(", ", [for id in var.network.security_group_ids : "\"${id}\"" if !can(regex("^sg-[0-9a-f]+$", id))])}. Give ids of security groups, as in sg-0123456789abcdef0."
  }
}

# Roles, keys, logs

variable "roles" {
  description = "IAM: path and permissions boundary of the roles that are made, and ARNs of roles of your own in place of them (docs/deploy.md says what each must allow)."
  type = object({
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
    execution_role_arn       = optional(string)
    task_role_arn            = optional(string)
    infrastructure_role_arn  = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.roles.path))
    error_message = "roles.path is \"${var.roles.path}\". Begin and end it with a slash, as in /teams/build/."
  }

  validation {
    condition = alltrue([for arn in compact([var.roles.execution_role_arn, var.roles.task_role_arn, var.roles.infrastructure_role_arn]) :
    can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", arn))])
    error_message = "roles holds ${join(", ", [for arn in compact([var.roles.execution_role_arn, var.roles.task_role_arn, var.roles.infrastructure_role_arn]) : "\"${arn}\"" if !can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", arn))])}. Give ARNs of roles, as in arn:aws:iam::123456789012:role/agents."
  }

  validation {
    condition     = var.roles.permissions_boundary_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$", var.roles.permissions_boundary_arn))
    error_message = "roles.permissions_boundary_arn is \"${var.roles.permissions_boundary_arn == null ? "" : var.roles.permissions_boundary_arn}\". Give the ARN of a policy, as in arn:aws:iam::123456789012:policy/boundary."
  }
}

variable "kms_key_arns" {
  description = "Customer managed keys: of the secret, the log groups, the repository, the EBS volume or EFS file system, and the task's own disk (that one only with a cluster made here). Null: keys that AWS owns."
  type = object({
    secret            = optional(string)
    logs              = optional(string)
    repository        = optional(string)
    volume            = optional(string)
    ephemeral_storage = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in compact(values(var.kms_key_arns)) : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", arn))])
    error_message = "kms_key_arns holds ${join(", ", [for arn in compact(values(var.kms_key_arns)) : "\"${arn}\"" if !can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", arn))])}. Give ARNs of keys, not of aliases, as in arn:aws:kms:us-east-1:123456789012:key/0f1e…"
  }
}

variable "log_retention_days" {
  description = "Days that the agents' logs are kept; a value that CloudWatch Logs knows. 0 keeps them for ever."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}. Use 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, or 0 for ever."
  }
}
