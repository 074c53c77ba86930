namespace Tidepool.Storage.Probes;

/// <summary>Compares facts with what they are to be; one that is missing is a difference.</summary>
internal sealed class Look
{
    private readonly ProbeEvidence _evidence;
    private bool _asExpected = true;

    private Look(ProbeEvidence evidence) => _evidence = evidence;

    public static Look At(ProbeEvidence evidence) => new(evidence);

    /// <summary>A container said that a fact is a value.</summary>
    public Look For(string value, string container, string fact, string task = "task") => And(_evidence.Of(task, container).Fact(fact) == value);

    /// <summary>A container said something of a fact.</summary>
    public Look Said(string container, string fact, string task = "task") => And(!string.IsNullOrEmpty(_evidence.Of(task, container).Fact(fact)));

    public Look Ended(int exitCode, string container, string task = "task") => And(_evidence.Of(task, container).ExitCode == exitCode);

    public Look And(bool condition)
    {
        _asExpected &= condition;
        return this;
    }

    public Observation Text(string text) => new(_asExpected, text);
}
