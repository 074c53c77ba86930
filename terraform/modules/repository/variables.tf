variable "name" {
  description = "Name of the repository."
  type        = string
  nullable    = false
}

variable "existing" {
  description = "Whether the repository stands already; it is then only read."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "Customer managed key of the repository that is made. Null: AES-256 with a key of AWS."
  type        = string
  default     = null
}
