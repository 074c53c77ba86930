using Tidepool.Pipelines;

namespace Tidepool.Tests.Pipelines;

public sealed class FolderFilesSpecs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidepool-files-");
    private readonly FolderFiles _files;

    public FolderFilesSpecs()
    {
        Write("self/a.yml", "a");
        Write("self/sub/b.yml", "b");
        Write("other/c.yml", "c");
        Write("secret.yml", "secret");
        Link("self/inside.yml", "sub/b.yml");
        Link("self/sub/up.yml", "../a.yml");
        Link("self/absolute.yml", Path.Combine(_folder.FullName, "self", "a.yml"));
        Link("self/out.yml", "../secret.yml");
        Link("self/far.yml", Path.Combine(_folder.FullName, "secret.yml"));
        Link("self/folder", "..");
        Link("self/round", "round");
        _files = new FolderFiles(new Dictionary<string, string>
        {
            ["self"] = Path.Combine(_folder.FullName, "self"),
            ["Other"] = Path.Combine(_folder.FullName, "other") + "/",
        });
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("self", "/a.yml", "a")]
    [InlineData("self", "/sub/b.yml", "b")]
    [InlineData("self", "/sub/../a.yml", "a")]
    [InlineData("other", "/c.yml", "c")]
    [InlineData("self", "/inside.yml", "b")]
    [InlineData("self", "/sub/up.yml", "a")]
    [InlineData("self", "/absolute.yml", "a")]
    [InlineData("self", "/none.yml", null)]
    [InlineData("self", "/sub", null)]
    [InlineData("nobody", "/a.yml", null)]
    [InlineData("self", "/../secret.yml", null)]
    [InlineData("self", "/sub/../../secret.yml", null)]
    [InlineData("self", "/out.yml", null)]
    [InlineData("self", "/far.yml", null)]
    [InlineData("self", "/folder/secret.yml", null)]
    [InlineData("self", "/folder/other/c.yml", null)]
    [InlineData("self", "/round", null)]
    public void Nothing_outside_a_repositorys_folder_is_read(string repository, string path, string? text) =>
        Assert.Equal(text, _files.Read(repository, path));

    [Fact]
    public void A_file_that_is_too_large_is_refused()
    {
        Write("self/large.yml", new string('#', (4 * 1024 * 1024) + 1));

        var problem = Assert.Throws<ProblemException>(() => _files.Read("self", "/large.yml")).Problem;

        Assert.Equal("PIPELINE005", problem.Code);
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(_folder.FullName, path), target);
}
