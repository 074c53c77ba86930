variable "cluster" {
  description = "The ECS cluster: its name, whether it stands already, a key for the tasks' disks, and whether tasks run on Spot."
  type = object({
    name                          = string
    existing                      = optional(bool, false)
    ephemeral_storage_kms_key_arn = optional(string)
    spot                          = optional(bool, false)
  })
  nullable = false
}

variable "image" {
  description = "The image by tag or digest, its ECR repository (null for another registry, or to take it from the name), and whether it was pushed."
  type        = object({ name = string, repository_arn = optional(string), pushed = optional(bool, true) })
  nullable    = false
}

variable "tasks" {
  description = "Tasks that the service keeps running, once image and token are there."
  type        = number
  default     = 1
  nullable    = false
}

variable "task" {
  description = "One task: agents in it, CPU units (1024 is one vCPU), memory in MiB, architecture, disk in GiB (20 to 200)."
  type = object({
    agents                = optional(number, 2)
    cpu                   = optional(number, 1024)
    memory                = optional(number, 2048)
    cpu_architecture      = optional(string, "ARM64")
    ephemeral_storage_gib = optional(number, 20)
  })
  default  = {}
  nullable = false

  # Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.task.cpu)
    error_message = "cpu is ${var.task.cpu}. Use one of 256, 512, 1024, 2048, 4096, 8192, 16384 CPU units."
  }

  validation {
    condition = !contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.task.cpu) || contains(lookup({
      "256"   = [512, 1024, 2048]
      "512"   = range(1024, 4097, 1024)
      "1024"  = range(2048, 8193, 1024)
      "2048"  = range(4096, 16385, 1024)
      "4096"  = range(8192, 30721, 1024)
      "8192"  = range(16384, 61441, 4096)
      "16384" = range(32768, 122881, 8192)
    }, tostring(var.task.cpu), []), var.task.memory)
    error_message = "memory is ${var.task.memory} with cpu ${var.task.cpu}. Use ${lookup({
      "256"   = "512, 1024 or 2048"
      "512"   = "1024 to 4096 in steps of 1024"
      "1024"  = "2048 to 8192 in steps of 1024"
      "2048"  = "4096 to 16384 in steps of 1024"
      "4096"  = "8192 to 30720 in steps of 1024"
      "8192"  = "16384 to 61440 in steps of 4096"
      "16384" = "32768 to 122880 in steps of 8192"
    }, tostring(var.task.cpu), "a size of Fargate's table")} MiB."
  }

  validation {
    condition     = var.task.ephemeral_storage_gib >= 20 && var.task.ephemeral_storage_gib <= 200
    error_message = "ephemeral_storage_gib is ${var.task.ephemeral_storage_gib}. Use 20 to 200."
  }

  validation {
    condition     = var.task.agents >= 1 && var.task.agents <= 10
    error_message = "agents is ${var.task.agents}. Use 1 to 10; a Fargate task has 10 containers at most."
  }
}

variable "azure_pipelines" {
  description = "The organization's URL (null: none yet, so no task is started), the pool, and a service principal in place of a token."
  type = object({
    url               = optional(string)
    pool              = optional(string, "Default")
    service_principal = optional(object({ client_id = string, tenant_id = string }))
  })
  nullable = false
}

variable "environment" {
  description = "Further environment variables of the agents; no secrets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "proxy" {
  description = "Proxy between the agents and the Internet."
  type        = object({ http = optional(string), https = optional(string), no_proxy = optional(string, "") })
  default     = null
}

variable "storage" {
  description = "What /shared-storage is: kind bind, ebs or efs; the EBS volume's properties; output volume of module efs."
  type = object({
    kind = optional(string, "bind")
    ebs = optional(object({
      size_gib         = optional(number, 100)
      type             = optional(string, "gp3")
      iops             = optional(number)
      throughput_mib_s = optional(number)
      file_system      = optional(string, "xfs")
      snapshot_id      = optional(string)
    }), {})
    efs = optional(object({ file_system_id = string, file_system_arn = string, access_point_id = string, access_point_arn = string }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["bind", "ebs", "efs"], var.storage.kind)
    error_message = "storage.kind is \"${var.storage.kind}\". Use bind, ebs or efs."
  }

  validation {
    condition     = var.storage.kind != "efs" || var.storage.efs != null
    error_message = "storage.kind is efs without storage.efs. Give output volume of module efs."
  }
}

variable "network" {
  description = "Subnets and security groups of the tasks, and whether tasks get a public address."
  type        = object({ subnet_ids = list(string), security_group_ids = list(string), assign_public_ip = optional(bool, true) })
  nullable    = false
}

variable "roles" {
  description = "Path and permissions boundary of the roles that are made, and ARNs of roles of your own in place of them."
  type = object({
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
    execution_role_arn       = optional(string)
    task_role_arn            = optional(string)
    infrastructure_role_arn  = optional(string)
  })
  default  = {}
  nullable = false
}

variable "kms_key_arns" {
  description = "Customer managed keys of the secret, the log groups and the EBS volume. Null: keys that AWS owns."
  type        = object({ secret = optional(string), logs = optional(string), volume = optional(string) })
  default     = {}
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that logs are kept; 0 keeps them for ever."
  type        = number
  default     = 30
  nullable    = false
}
