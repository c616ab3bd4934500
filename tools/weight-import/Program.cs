using System.CommandLine;
using Graft.CommandLine;
using Graft.Tasks;

namespace Graft.WeightImport;

/// <summary>The command line over the checkpoint readers.</summary>
internal static class Program
{
    static Program() => KnownFormats.Register();

    public static int Main(string[] args) => Make().Main(args);

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken interrupt = default) =>
        Make().Run(args, output, error, interrupt);

    private static Shell Make() => new("weight-import", new RootCommand("Looks into published weights, converts them and checks them against an architecture.")
    {
        InspectCommand.Make(),
        ConvertCommand.Make(),
        VerifyCommand.Make(),
        ExportCommand.Make(),
        PullCommand.Make(),
    })
    {
        IsFailure = static exception => exception is ArgumentException,
    };
}
