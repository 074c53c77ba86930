variable "name" {
  description = "Prefix of the names of what is made."
  type        = string
  nullable    = false
}

variable "vpc_id" {
  description = "VPC of the mount targets."
  type        = string
  nullable    = false
}

variable "subnet_ids_by_zone" {
  description = "One subnet for each availability zone that tasks run in; the keys must be known when planning."
  type        = map(string)
  nullable    = false
}

variable "client_security_group_ids" {
  description = "Security groups that may mount the file system."
  type        = list(string)
  nullable    = false
}

variable "throughput" {
  description = "elastic or bursting."
  type        = string
  default     = "elastic"
  nullable    = false
}

variable "infrequent_after_days" {
  description = "Days until unread files go to the infrequent access class. Null: never."
  type        = number
  default     = null
}

variable "iam_only" {
  description = "Whether the file system has a policy: then only IAM identities that may mount it do, and only encrypted."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "Customer managed key. Null: the account's key for EFS."
  type        = string
  default     = null
}

variable "owner" {
  description = "Numeric user and group of every file: that of user agent in the image."
  type        = object({ uid = optional(number, 1000), gid = optional(number, 1000) })
  default     = {}
  nullable    = false
}
