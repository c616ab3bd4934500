using System.CommandLine;
using System.Text.Json;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.CommandLine;

/// <summary><c>--model</c> and <c>--weights</c>: a published architecture with a file of weights, or a saved classifier.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> model = Options.FilePath(
        "--model", "NAME|FOLDER", "An architecture that 'graft models' lists, or the folder of a saved classifier.", required: true);

    private readonly Option<string> weights = Options.FilePath(
        "--weights", "FILE|FOLDER", "The architecture's weights: safetensors or a PyTorch checkpoint, or the folder of one. A saved classifier has its own.");

    private readonly Option<string?> entry = new("--entry")
    {
        Description = "The entry of the file that holds the weights, such as state_dict_ema; found where it is not given.",
        HelpName = "NAME",
    };

    private readonly Option<string?> prefix = new("--prefix")
    {
        Description = "What stands before the weights' names in the file, such as backbone.; found where it is not given.",
        HelpName = "TEXT",
    };

    private readonly Option<bool> allowNonFinite = new("--allow-non-finite") { Description = "Take weights that are not finite, and variances below 0." };

    private readonly bool needsHead;

    /// <param name="command">The command that has the options.</param>
    /// <param name="needsHead">Whether it gives answers, for which a head has to be trained.</param>
    public ModelOptions(Command command, bool needsHead = false)
    {
        this.needsHead = needsHead;
        command.Add(model);
        command.Add(weights);
        command.Add(entry);
        command.Add(prefix);
        command.Add(allowNonFinite);
    }

    /// <summary>Refuses a choice that cannot be followed, before anything is read.</summary>
    /// <exception cref="WrongInputException">There is no such model, or its weights are not said or said twice.</exception>
    public ModelChoice Choose(ParseResult parsed, bool fromScratch = false, string withoutWeights = "give its file with --weights FILE")
    {
        string name = parsed.GetRequiredValue(model), shown = Printable.Whole(name);
        string? file = parsed.GetValue(weights);
        bool published = ModelRegistry.Names.Contains(name);
        if (!published && !Path.Exists(name))
            throw new WrongInputException($"--model {shown}: there is no such architecture or folder{NearName.Hint(name, ModelRegistry.Names)}; 'graft models' lists the architectures");
        if (!published && File.Exists(name))
            throw new WrongInputException($"--model {shown} is a file: give the architecture's name, and the file with --weights");
        if (!published && fromScratch) throw new WrongInputException($"--from-scratch needs the name of an architecture, and {shown} is a saved classifier");
        if (!published && file is not null) throw new WrongInputException($"{shown} is a saved classifier and has its own weights: leave --weights out");
        if (published && fromScratch && file is not null) throw new WrongInputException("--weights and --from-scratch contradict each other: give one of them");
        if (published && !fromScratch && file is null) throw new WrongInputException($"{shown} has no weights yet: {withoutWeights}");
        var options = new LoadOptions
        {
            Entry = parsed.GetValue(entry),
            Prefix = parsed.GetValue(prefix),
            AllowNonFinite = parsed.GetValue(allowNonFinite),
        };
        if (file is null && options != new LoadOptions()) throw new WrongInputException("--entry, --prefix and --allow-non-finite go with --weights");
        return new ModelChoice(name, published, file, options, needsHead, parsed.InvocationConfiguration.Error);
    }
}

/// <summary>The model that a command is about.</summary>
/// <param name="Name">The architecture's name, or the saved classifier's folder.</param>
/// <param name="IsPublished">Whether it is an architecture's name.</param>
/// <param name="Weights">The file or folder of weights; null for a saved classifier and for none.</param>
/// <param name="LoadOptions">What of it is taken.</param>
/// <param name="NeedsHead">Whether predictions are needed, for which the head has to be trained.</param>
/// <param name="Error">Where it is said what was taken, if there was something to choose.</param>
internal sealed record ModelChoice(string Name, bool IsPublished, string? Weights, LoadOptions LoadOptions, bool NeedsHead, TextWriter Error)
{
    /// <exception cref="CheckpointException">The weights cannot be read, or are another model's.</exception>
    /// <exception cref="CheckpointException">The folder holds no saved classifier, or a damaged one.</exception>
    public ImageClassifier Open(Device device, ulong seed = 0)
    {
        if (!IsPublished) return ImageClassifier.Load(Name, device);
        if (Weights is not { } file) return ImageClassifier.FromScratch(Name, device, seed);
        var classifier = ImageClassifier.FromPretrained(Name, file, device, seed, LoadOptions);
        if (NeedsHead) classifier.RequireTrainedHead();
        if (classifier.WeightsReport is { IsNoteworthy: true } report)
            Error.WriteLine($"graft: {Printable.Text(Path.GetFileName(Path.TrimEndingDirectorySeparator(file)))}: {report.Summary}");
        return classifier;
    }

    /// <summary>The architecture, and the source of its weights.</summary>
    public void Write(Utf8JsonWriter json, ImageClassifier classifier)
    {
        json.WriteString("model", classifier.Model.Name);
        json.WriteString("weights", IsPublished ? Weights : Name);
        if (classifier.WeightsReport is { } report) json.WriteReport(report);
    }
}
