resource "aws_ecr_repository" "agent" {
  count = var.existing ? 0 : 1

  name = var.name
  # A tag never changes its image, so that what a task definition names is what ran yesterday.
  image_tag_mutability = "IMMUTABLE"
  # Images can be built again; a destroy must not stop half-way because of them.
  force_delete = true

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = var.kms_key_arn == null ? "AES256" : "KMS"
    kms_key         = var.kms_key_arn
  }
}

# Only images without a tag expire: a tagged one may be in use. The parts of a multi-platform image have no tags either;
# ECR keeps them as long as the image that lists them is there.
# Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
resource "aws_ecr_lifecycle_policy" "agent" {
  count = var.existing ? 0 : 1

  repository = aws_ecr_repository.agent[0].name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Untagged images expire after 14 days"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
      action       = { type = "expire" }
    }]
  })
}

# Read after the repository is made (its id is not known before), so that the first plan does not look for what is not there.
data "aws_ecr_repository" "agent" {
  name = var.existing ? var.name : aws_ecr_repository.agent[0].id
}
