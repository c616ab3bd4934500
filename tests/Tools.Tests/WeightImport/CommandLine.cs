using Graft.Testing;
using Graft.WeightImport;

namespace Graft.Tools.Tests;

/// <summary>One run of weight-import, inside the test's process.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static CommandLine Run(params string[] args) => Run(CancellationToken.None, args);

    public static CommandLine Run(CancellationToken interrupt, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = Program.Run(args, output, error, interrupt);
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }

    public static string Golden(string name) =>
        Path.Combine(RealData.Repository, "tests", "Models.Tests", "Checkpoints", "Golden", name);

    /// <summary>Asserts one line on standard error, none on standard output, and the exit code.</summary>
    public void AssertFailed(int exitCode, string reason)
    {
        Assert.Equal(exitCode, ExitCode);
        Assert.Equal("", Output);
        Assert.StartsWith("weight-import: ", Error, StringComparison.Ordinal);
        Assert.Contains(reason, Error, StringComparison.Ordinal);
        Assert.Equal(1, Error.Count(character => character == '\n'));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
    }
}
