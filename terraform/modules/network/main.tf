# Where tasks run: the default VPC, given subnets, or a small VPC of its own.

locals {
  kind = var.vpc_cidr != null ? "own" : length(var.subnet_ids) > 0 ? "given" : "default"

  # Zones that Fargate does not serve. Local and wavelength zones are left out by their opt-in status.
  # Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
  zones_without_fargate = ["usw1-az2", "apne1-az3", "cnn1-az3", "cnn1-az4"]
}

data "aws_availability_zones" "fargate" {
  count = local.kind == "given" ? 0 : 1

  state            = "available"
  exclude_zone_ids = concat(local.zones_without_fargate, var.excluded_zone_ids)

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

# The default VPC

data "aws_vpcs" "default" {
  count = local.kind == "default" ? 1 : 0

  filter {
    name   = "is-default"
    values = ["true"]
  }

  lifecycle {
    postcondition {
      condition     = length(self.ids) == 1
      error_message = "The region has no default VPC. Give subnet_ids of a VPC that stands, or vpc_cidr, as in 10.42.0.0/24, to make one."
    }
  }
}

data "aws_subnets" "default" {
  count = local.kind == "default" ? 1 : 0

  filter {
    name   = "vpc-id"
    values = data.aws_vpcs.default[0].ids
  }

  filter {
    name   = "default-for-az"
    values = ["true"]
  }

  filter {
    name   = "availability-zone"
    values = data.aws_availability_zones.fargate[0].names
  }

  lifecycle {
    postcondition {
      condition     = length(self.ids) > 0
      error_message = "The default VPC has no default subnet in a zone that Fargate serves. Give subnet_ids, or vpc_cidr, as in 10.42.0.0/24, to make a VPC; `aws ec2 create-default-subnet` makes one again."
    }
  }
}

# Zones are asked for, so that an EFS file system gets one mount target in each.
data "aws_subnet" "used" {
  for_each = toset(local.kind == "given" ? var.subnet_ids : local.kind == "default" ? data.aws_subnets.default[0].ids : [])

  id = each.key
}

# The tasks' security group: out, and nothing in.
# Jobs clone, download and push over any port, so that egress is open; narrow it with a group of your own.
resource "aws_security_group" "tasks" {
  count = length(var.security_group_ids) == 0 ? 1 : 0

  name        = "${var.name}-agents"
  description = "Azure Pipelines agents: egress only"
  vpc_id      = local.vpc_id

  egress {
    description      = "Azure DevOps, AWS, and what jobs need"
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }

  tags = { Name = "${var.name}-agents" }
}
