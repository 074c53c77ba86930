# Sizes that Fargate does not have, refused by module agents, which other configurations call too.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  cluster         = { name = "tidepool" }
  image           = { name = "example.org/agent:1" }
  azure_pipelines = { url = "https://dev.azure.com/x" }
  network         = { subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0a"] }
}

run "three_quarters_of_a_cpu" {
  command = plan
  module {
    source = "./modules/agents"
  }
  variables {
    task = { cpu = 768 }
  }
  expect_failures = [var.task]
}

run "a_small_cpu_with_much_memory" {
  command = plan
  module {
    source = "./modules/agents"
  }
  variables {
    task = { cpu = 512, memory = 8192 }
  }
  expect_failures = [var.task]
}

run "a_step_between_two_sizes" {
  command = plan
  module {
    source = "./modules/agents"
  }
  variables {
    task = { cpu = 8192, memory = 17408 }
  }
  expect_failures = [var.task]
}

run "a_disk_of_19_gib" {
  command = plan
  module {
    source = "./modules/agents"
  }
  variables {
    task = { ephemeral_storage_gib = 19 }
  }
  expect_failures = [var.task]
}

run "no_agent" {
  command = plan
  module {
    source = "./modules/agents"
  }
  variables {
    task = { agents = 0 }
  }
  expect_failures = [var.task]
}

run "an_unknown_kind" {
  command = plan
  module {
    source = "./modules/agents"
  }
  variables {
    storage = { kind = "s3" }
  }
  expect_failures = [var.storage]
}

run "efs_without_a_file_system" {
  command = plan
  module {
    source = "./modules/agents"
  }
  variables {
    storage = { kind = "efs" }
  }
  expect_failures = [var.storage]
}
