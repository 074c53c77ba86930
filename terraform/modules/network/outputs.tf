locals {
  own_subnets = local.nat ? aws_subnet.private : aws_subnet.public
  vpc_id      = local.kind == "own" ? aws_vpc.own[0].id : local.kind == "default" ? data.aws_vpcs.default[0].ids[0] : data.aws_subnet.used[var.subnet_ids[0]].vpc_id

  # Sorted, so that the order of an answer never looks like a change. Of several subnets in a zone the first counts.
  used_by_zone = { for id in sort(keys(data.aws_subnet.used)) : data.aws_subnet.used[id].availability_zone => id... }
}

output "vpc_id" {
  description = "The VPC of the subnets."
  value       = local.vpc_id
}

output "subnet_ids" {
  description = "Subnets for tasks."
  value       = local.kind == "own" ? [for zone in local.own_zones : local.own_subnets[zone].id] : sort(keys(data.aws_subnet.used))

  # The tasks' way out must stand before tasks do, and fall after them.
  depends_on = [aws_route_table_association.public, aws_route_table_association.private]
}

output "subnet_ids_by_zone" {
  description = "One subnet of each availability zone, by the zone's name."
  value       = local.kind == "own" ? { for zone in local.own_zones : zone => local.own_subnets[zone].id } : { for zone, ids in local.used_by_zone : zone => ids[0] }
}

output "security_group_ids" {
  description = "Security groups of the tasks."
  value       = length(var.security_group_ids) > 0 ? var.security_group_ids : aws_security_group.tasks[*].id
}
