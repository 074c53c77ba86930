namespace Tidepool.Deployment.Aws;

/// <summary>How one AWS service is addressed.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="SigningName">The service in the signature's scope.</param>
/// <param name="Host">The first labels of its regional host.</param>
/// <param name="Target">What stands before the operation in <c>X-Amz-Target</c>; null for the query protocol.</param>
/// <param name="EndpointVariable">What stands after <c>AWS_ENDPOINT_URL_</c>.</param>
/// <remarks>
/// Source of hosts, signing names and targets: the service models of https://github.com/boto/botocore; of the variables:
/// https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
/// </remarks>
internal sealed record AwsService(string Name, string SigningName, string Host, string? Target, string EndpointVariable)
{
    public static readonly AwsService Ecs = new("ECS", "ecs", "ecs", "AmazonEC2ContainerServiceV20141113", "ECS");
    public static readonly AwsService Ec2 = new("EC2", "ec2", "ec2", null, "EC2");
    public static readonly AwsService Ecr = new("ECR", "ecr", "api.ecr", "AmazonEC2ContainerRegistry_V20150921", "ECR");
    public static readonly AwsService Secrets = new("Secrets Manager", "secretsmanager", "secretsmanager", "secretsmanager", "SECRETS_MANAGER");
    public static readonly AwsService Logs = new("CloudWatch Logs", "logs", "logs", "Logs_20140328", "CLOUDWATCH_LOGS");
    public static readonly AwsService Identity = new("STS", "sts", "sts", null, "STS");
    public static readonly AwsService Quotas = new("Service Quotas", "servicequotas", "servicequotas", "ServiceQuotasV20190624", "SERVICE_QUOTAS");
}
