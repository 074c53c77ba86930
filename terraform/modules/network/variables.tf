variable "name" {
  description = "Prefix of the names of what is made."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Subnets to use. Empty: those of the default VPC, or of a VPC that is made."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "security_group_ids" {
  description = "Security groups of the tasks. Empty: one with egress only is made."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "vpc_cidr" {
  description = "Range of a VPC that is made, /16 to /26. Null: none is made."
  type        = string
  default     = null
}

variable "excluded_zone_ids" {
  description = "Ids of availability zones to leave out, as in use1-az3, besides those without Fargate. Subnets that are given are used whatever their zone."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "nat" {
  description = "Whether the VPC that is made has private subnets behind a NAT gateway."
  type        = bool
  default     = false
  nullable    = false
}
