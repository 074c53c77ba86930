# A small VPC: two public subnets; with NAT two private ones besides, in which the tasks then run.

locals {
  own_zones = local.kind == "own" ? slice(data.aws_availability_zones.fargate[0].names, 0, min(2, length(data.aws_availability_zones.fargate[0].names))) : []
  nat       = local.kind == "own" && var.nat
}

resource "aws_vpc" "own" {
  count = local.kind == "own" ? 1 : 0

  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_internet_gateway" "own" {
  count = local.kind == "own" ? 1 : 0

  vpc_id = aws_vpc.own[0].id
  tags   = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = { for i, zone in local.own_zones : zone => i }

  vpc_id            = aws_vpc.own[0].id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.vpc_cidr, 2, each.value)
  tags              = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_route_table" "public" {
  count = local.kind == "own" ? 1 : 0

  vpc_id = aws_vpc.own[0].id
  tags   = { Name = "${var.name}-public" }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.own[0].id
  }
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  count = local.nat ? 1 : 0

  domain     = "vpc"
  tags       = { Name = "${var.name}-nat" }
  depends_on = [aws_internet_gateway.own]
}

resource "aws_nat_gateway" "own" {
  count = local.nat ? 1 : 0

  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.public[local.own_zones[0]].id
  tags          = { Name = var.name }
  depends_on    = [aws_internet_gateway.own]
}

resource "aws_subnet" "private" {
  for_each = local.nat ? { for i, zone in local.own_zones : zone => i } : {}

  vpc_id            = aws_vpc.own[0].id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.vpc_cidr, 2, each.value + 2)
  tags              = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route_table" "private" {
  count = local.nat ? 1 : 0

  vpc_id = aws_vpc.own[0].id
  tags   = { Name = "${var.name}-private" }

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.own[0].id
  }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private[0].id
}
