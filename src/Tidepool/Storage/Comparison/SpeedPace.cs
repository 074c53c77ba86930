namespace Tidepool.Storage.Comparison;

/// <summary>How often the time of a piece of work is taken.</summary>
/// <param name="Turns">Turns at most; in each it is done in the layer and on the volume.</param>
/// <param name="Enough">What took longer than this in two turns or more has no further one.</param>
/// <param name="Long">What took longer than this has no second turn.</param>
/// <param name="Shrink">How many times smaller the work is than it is called: 1, 2 or 4. For a quick look whether it runs at all.</param>
public sealed record SpeedPace(int Turns, TimeSpan Enough, TimeSpan Long, int Shrink = 1)
{
    /// <summary>For a disk of this machine: all work on all storages takes some seconds.</summary>
    public static SpeedPace Local { get; } = new(2, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2.5));

    /// <summary>For AWS, where a network file system takes minutes for many small files.</summary>
    public static SpeedPace Aws { get; } = new(3, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60));
}
