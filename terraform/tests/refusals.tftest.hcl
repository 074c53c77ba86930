# What is refused before anything is called: one run for each validation of the root module.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  aws_region = "us-east-1"
}

run "a_zone_is_no_region" {
  command = plan
  variables {
    aws_region = "us-east-1a"
  }
  expect_failures = [var.aws_region]
}

run "an_address_with_a_token" {
  command = plan
  variables {
    azp_url = "https://user:secret@dev.azure.com/x"
  }
  expect_failures = [var.azp_url]
}

run "an_address_without_a_scheme" {
  command = plan
  variables {
    azp_url = "dev.azure.com/x"
  }
  expect_failures = [var.azp_url]
}

run "an_empty_pool" {
  command = plan
  variables {
    azp_pool = " "
  }
  expect_failures = [var.azp_pool]
}

run "a_cluster_name_in_capitals" {
  command = plan
  variables {
    cluster_name = "Tidepool"
  }
  expect_failures = [var.cluster_name]
}

run "a_cluster_name_with_two_hyphens" {
  command = plan
  variables {
    cluster_name = "tide--pool"
  }
  expect_failures = [var.cluster_name]
}

run "half_a_task" {
  command = plan
  variables {
    tasks = 0.5
  }
  expect_failures = [var.tasks]
}

run "eleven_agents" {
  command = plan
  variables {
    agents = 11
  }
  expect_failures = [var.agents]
}

run "an_unknown_architecture" {
  command = plan
  variables {
    cpu_architecture = "arm64"
  }
  expect_failures = [var.cpu_architecture]
}

run "a_disk_of_201_gib" {
  command = plan
  variables {
    ephemeral_storage_gib = 201
  }
  expect_failures = [var.ephemeral_storage_gib]
}

run "a_variable_with_a_hyphen" {
  command = plan
  variables {
    environment = { "A-B" = "1" }
  }
  expect_failures = [var.environment]
}

run "a_token_as_plain_variable" {
  command = plan
  variables {
    environment = { AZP_TOKEN = "x" }
  }
  expect_failures = [var.environment]
}

run "a_proxy_with_a_password" {
  command = plan
  variables {
    proxy = { http = "http://user:secret@proxy.example.org:3128" }
  }
  expect_failures = [var.proxy]
}

run "an_image_without_a_tag" {
  command = plan
  variables {
    image = "example.org:5000/agent"
  }
  expect_failures = [var.image]
}

run "a_tag_with_a_slash" {
  command = plan
  variables {
    image_tag = "a/b"
  }
  expect_failures = [var.image_tag]
}

run "an_unknown_storage" {
  command = plan
  variables {
    storage = "s3"
  }
  expect_failures = [var.storage]
}

run "an_unknown_volume_type" {
  command = plan
  variables {
    ebs = { type = "standard" }
  }
  expect_failures = [var.ebs]
}

run "too_small_a_volume" {
  command = plan
  variables {
    ebs = { type = "st1", size_gib = 100 }
  }
  expect_failures = [var.ebs]
}

run "io2_without_iops" {
  command = plan
  variables {
    ebs = { type = "io2" }
  }
  expect_failures = [var.ebs]
}

run "an_unknown_file_system" {
  command = plan
  variables {
    ebs = { file_system = "btrfs" }
  }
  expect_failures = [var.ebs]
}

run "an_unknown_throughput" {
  command = plan
  variables {
    efs = { throughput = "fast" }
  }
  expect_failures = [var.efs]
}

run "infrequent_after_8_days" {
  command = plan
  variables {
    efs = { infrequent_after_days = 8 }
  }
  expect_failures = [var.efs]
}

run "subnets_and_a_new_vpc" {
  command = plan
  variables {
    network = { subnet_ids = ["subnet-0a"], vpc_cidr = "10.0.0.0/24" }
  }
  expect_failures = [var.network]
}

run "too_small_a_vpc" {
  command = plan
  variables {
    network = { vpc_cidr = "10.0.0.0/28" }
  }
  expect_failures = [var.network]
}

run "nat_without_a_vpc" {
  command = plan
  variables {
    network = { nat = true }
  }
  expect_failures = [var.network]
}

run "a_foreign_group_in_a_new_vpc" {
  command = plan
  variables {
    network = { vpc_cidr = "10.0.0.0/24", security_group_ids = ["sg-0a"] }
  }
  expect_failures = [var.network]
}

run "a_vpc_without_a_way_out" {
  command = plan
  variables {
    network = { vpc_cidr = "10.0.0.0/24", assign_public_ip = false }
  }
  expect_failures = [var.network]
}

run "a_name_in_place_of_a_subnet" {
  command = plan
  variables {
    network = { subnet_ids = ["private-a"] }
  }
  expect_failures = [var.network]
}

run "a_name_in_place_of_a_group" {
  command = plan
  variables {
    network = { security_group_ids = ["agents"] }
  }
  expect_failures = [var.network]
}

run "a_role_path_without_slashes" {
  command = plan
  variables {
    roles = { path = "teams" }
  }
  expect_failures = [var.roles]
}

run "a_role_by_name" {
  command = plan
  variables {
    roles = { task_role_arn = "agents" }
  }
  expect_failures = [var.roles]
}

run "a_boundary_by_name" {
  command = plan
  variables {
    roles = { permissions_boundary_arn = "boundary" }
  }
  expect_failures = [var.roles]
}

run "a_key_by_alias" {
  command = plan
  variables {
    kms_key_arns = { secret = "alias/tidepool" }
  }
  expect_failures = [var.kms_key_arns]
}

run "eight_days_of_logs" {
  command = plan
  variables {
    log_retention_days = 8
  }
  expect_failures = [var.log_retention_days]
}
