namespace Graft.Tools.Tests;

/// <summary>The check of a card, with the CPU in the card's place.</summary>
public sealed class GpuCheckTests
{
    [Fact]
    public void The_CPU_passes_beside_itself_and_programs_that_are_not_there_are_said_to_be()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(1, GpuCheck.Program.Run(["--cpu", "--quick", "--conformance", "no-such-tests", "--python", "no-such-python"], output, error));
        string[] lines = output.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal("8 passed, 1 failed", lines[^1]);
        foreach (string part in (string[])["FAILED: conformance: no-such-tests cannot be started", "peer: no-such-python cannot be started", "gemm 128x128x128", "train resnet18"])
            Assert.Contains(lines, line => line.Contains(part, StringComparison.Ordinal));
        Assert.Empty(error.ToString());
    }

    [Theory]
    [InlineData("--card", "-1")]
    [InlineData("--fast", null)]
    public void Options_that_cannot_be_followed_are_one_line(string option, string? value)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(2, GpuCheck.Program.Run(value is null ? [option] : [option, value], output, error));
        Assert.StartsWith("gpu-check: ", error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd().Split(Environment.NewLine));
    }
}
