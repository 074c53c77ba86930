using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidepool.AgentProtocol;

/// <summary>The wire's JSON: camelCase names, absent instead of null, source generated so that the agent compiles ahead of time.</summary>
/// <remarks>
/// Properties with a default have a setter and not <c>init</c>: the generated code assigns every <c>init</c> property, with null
/// where the JSON leaves it out.
/// </remarks>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(WireTimeConverter)])]
[JsonSerializable(typeof(ConnectionData))]
[JsonSerializable(typeof(Collection<TaskAgentPool>))]
[JsonSerializable(typeof(Collection<TaskAgent>))]
[JsonSerializable(typeof(Collection<TaskAgentJobRequest>))]
[JsonSerializable(typeof(Collection<TimelineRecord>))]
[JsonSerializable(typeof(Collection<TaskLog>))]
[JsonSerializable(typeof(TaskAgentJobRequest))]
[JsonSerializable(typeof(TaskAgentSession))]
[JsonSerializable(typeof(TaskAgentMessage))]
[JsonSerializable(typeof(JobCancelMessage))]
[JsonSerializable(typeof(AgentJobRequestMessage))]
[JsonSerializable(typeof(Timeline))]
[JsonSerializable(typeof(TimelineRecordFeedLines))]
[JsonSerializable(typeof(PlanEvent))]
[JsonSerializable(typeof(TaskAttachment))]
[JsonSerializable(typeof(BuildArtifact))]
[JsonSerializable(typeof(Collection<BuildArtifact>))]
[JsonSerializable(typeof(Collection<FileContainerItem>))]
[JsonSerializable(typeof(BuildUpdate))]
[JsonSerializable(typeof(JobMetadataMessage))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Collection<string>))]
[JsonSerializable(typeof(OAuthToken))]
[JsonSerializable(typeof(ResourceUsage))]
[JsonSerializable(typeof(WireError))]
public sealed partial class ProtocolJson : JsonSerializerContext;
