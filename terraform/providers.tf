# No endpoints, no skipped checks: with AWS_ENDPOINT_URL in the environment the same configuration goes to an emulator.
provider "aws" {
  region  = var.aws_region
  profile = var.aws_profile == "" ? null : var.aws_profile

  default_tags {
    tags = merge({ tidepool-cluster = var.cluster_name }, var.tags)
  }
}
