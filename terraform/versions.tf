terraform {
  # 1.4 is the first with terraform_data, 1.3 with optional object attributes that have defaults. `terraform test` with mocks, which only the
  # tests need, came with 1.7.
  required_version = ">= 1.4.0"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.100 is the last of 5 and the one the tests run with. Nothing here is gone or deprecated in 6.
      version = ">= 5.100.0, < 7.0.0"
    }
  }

  # State on this machine is lost with this machine. To keep it in S3: make the bucket (versioned, private) by hand,
  # remove the comment signs, and run `terraform init -migrate-state`. use_lockfile needs Terraform 1.10; before, name a dynamodb_table.
  #
  # backend "s3" {
  #   bucket       = "your-terraform-state"
  #   key          = "tidepool/terraform.tfstate"
  #   region       = "us-east-1"
  #   encrypt      = true
  #   use_lockfile = true
  # }
}
