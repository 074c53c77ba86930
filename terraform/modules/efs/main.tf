resource "aws_efs_file_system" "shared" {
  creation_token  = "${var.name}-shared-storage"
  encrypted       = true
  kms_key_id      = var.kms_key_arn
  throughput_mode = var.throughput
  tags            = { Name = "${var.name}-shared-storage" }

  dynamic "lifecycle_policy" {
    for_each = var.infrequent_after_days == null ? [] : [var.infrequent_after_days]
    content {
      transition_to_ia = lifecycle_policy.value == 1 ? "AFTER_1_DAY" : "AFTER_${lifecycle_policy.value}_DAYS"
    }
  }
}

# With a policy of its own the file system lets nobody in without an IAM identity that may mount it, and with this one not unencrypted.
# Source: https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
data "aws_iam_policy_document" "shared" {
  # For everyone: no NFS in the clear.
  statement {
    sid       = "EncryptedOnly"
    effect    = "Deny"
    actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"]
    resources = [aws_efs_file_system.shared.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_efs_file_system_policy" "shared" {
  count = var.iam_only ? 1 : 0

  file_system_id = aws_efs_file_system.shared.id
  policy         = data.aws_iam_policy_document.shared.json
}

# All files belong to the agents' user, whoever writes them.
resource "aws_efs_access_point" "agents" {
  file_system_id = aws_efs_file_system.shared.id
  tags           = { Name = "${var.name}-agents" }

  posix_user {
    uid = var.owner.uid
    gid = var.owner.gid
  }

  root_directory {
    path = "/agents"

    creation_info {
      owner_uid   = var.owner.uid
      owner_gid   = var.owner.gid
      permissions = "0755"
    }
  }
}

resource "aws_security_group" "mount_targets" {
  name        = "${var.name}-efs"
  description = "NFS from the agents tasks"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-efs" }

  ingress {
    description     = "NFS"
    from_port       = 2049
    to_port         = 2049
    protocol        = "tcp"
    security_groups = var.client_security_group_ids
  }
}

resource "aws_efs_mount_target" "shared" {
  for_each = var.subnet_ids_by_zone

  file_system_id  = aws_efs_file_system.shared.id
  subnet_id       = each.value
  security_groups = [aws_security_group.mount_targets.id]
}
