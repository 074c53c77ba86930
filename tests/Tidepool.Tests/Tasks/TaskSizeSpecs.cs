using Tidepool.Tasks;

namespace Tidepool.Tests.Tasks;

public sealed class TaskSizeSpecs
{
    [Theory]
    [InlineData(256, 512, 1024, 2048)]
    [InlineData(512, 1024, 2048, 3072, 4096)]
    [InlineData(1024, 2048, 3072, 4096, 5120, 6144, 7168, 8192)]
    [InlineData(2048, 4096, 5120, 16384)]
    [InlineData(4096, 8192, 9216, 30720)]
    [InlineData(8192, 16384, 20480, 61440)]
    [InlineData(16384, 32768, 40960, 122880)]
    public void Fargate_has_these_pairs(int cpu, params int[] memory) =>
        Assert.All(memory, mebibytes => Assert.Equal(mebibytes, TaskSize.Of(cpu, mebibytes).MemoryMiB));

    [Theory]
    [InlineData(512, 8192, "TASK011: 512 CPU units do not go with 8192 MiB. Use 1024 to 4096 MiB in steps of 1024.")]
    [InlineData(256, 3072, "TASK011: 256 CPU units do not go with 3072 MiB. Use 512, 1024 or 2048 MiB.")]
    [InlineData(8192, 17408, "TASK011: 8192 CPU units do not go with 17408 MiB. Use 16384 to 61440 MiB in steps of 4096.")]
    [InlineData(32768, 61440, "TASK011: 32768 CPU units do not go with 61440 MiB. Use one of 256, 512, 1024, 2048, 4096, 8192, 16384 CPU units.")]
    public void Another_pair_is_refused_with_what_goes(int cpu, int memory, string message) =>
        Assert.Equal(message, Assert.Throws<ProblemException>(() => TaskSize.Of(cpu, memory)).Message);

    [Theory]
    [InlineData("1024", 1024)]
    [InlineData("1 vCPU", 1024)]
    [InlineData("0.25 vcpu", 256)]
    [InlineData(".5", null)]
    [InlineData("one", null)]
    [InlineData("-1", null)]
    public void Cpu_is_read_as_units_or_as_vcpu(string text, int? units) => Assert.Equal(units, TaskSize.ParseCpu(text));

    [Theory]
    [InlineData("2048", 2048)]
    [InlineData("2GB", 2048)]
    [InlineData("2 gb", 2048)]
    [InlineData("0.5 GB", 512)]
    [InlineData("2 MB", null)]
    public void Memory_is_read_as_mebibytes_or_as_gigabytes(string text, int? mebibytes) => Assert.Equal(mebibytes, TaskSize.ParseMemory(text));
}
