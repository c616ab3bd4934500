using System.CommandLine;
using Graft.Audio;
using Graft.Tasks;
using Graft.Tensors.Gpu;
using Graft.Text;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>The command line of Graft.</summary>
internal static class Program
{
    public static int Main(string[] args) => Make().Main(args);

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, CancellationToken interrupt = default) =>
        Make().Run(args, output, error, interrupt);

    private static Shell Make() => new("graft", new RootCommand("Adapts published models to pictures, texts and sounds of your own, and uses them.")
    {
        DemoCommand.Make(),
        ModelsCommand.Make(),
        FineTuneCommand.Make(),
        AdaptCommand.Make(),
        PretrainCommand.Make(),
        MetaLearnCommand.Make(),
        FewShotCommand.Make(),
        ReportCommand.Make(),
        SummaryCommand.Make(),
        FindRateCommand.Make(),
        AdviseCommand.Make(),
        EvaluateCommand.Make(),
        PredictCommand.Make(),
        MergeCommand.Make(),
        FeaturesCommand.Make(),
        SoupCommand.Make(),
        EmbedCommand.Make(),
        NeighboursCommand.Make(),
        WordVectorsCommand.Make(),
        VocabularyCommand.Make(),
        AnswerCommand.Make(),
        GenerateCommand.Make(),
        ChatCommand.Make(),
        WriteCommand.Translate(),
        WriteCommand.Summarise(),
        TranscribeCommand.Make(),
        PlayCommand.Make(),
    })
    {
        IsWrongInput = static exception => exception is ImageException or TextFileException or AudioException or DeviceUnavailableException,
        IsFailure = static exception => exception is NonFiniteException or FrozenWeightsException,
        UnknownToken = Suggestions.Problem,
    };
}
