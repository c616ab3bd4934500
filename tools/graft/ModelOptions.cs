using System.CommandLine;
using Graft.Hub;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>--model</c>, <c>--weights</c> and <c>--preprocess</c>: a model by its name or path, and what goes with it.</summary>
internal sealed class ModelOptions
{
    private const string ModelName = "--model";

    private readonly Option<string> model = Options.FilePath(
        ModelName, "NAME|FOLDER|FILE.onnx", "An architecture or published weights that 'graft models' lists (fetched on first use), a repository of the hub (org/name), "
        + "the folder of a saved classifier or as on the hub, or an ONNX file.");

    private readonly Option<string> weights = Options.FilePath(
        "--weights", "FILE|FOLDER", "The architecture's weights, where they are not those that are published as its own: a checkpoint of any kind that is read, or the folder of one.");

    private readonly Option<string> preprocess = Options.FilePath(
        "--preprocess", "FILE.onnx|FILE.json", "What is done to a picture first, where the model does not say it or another way is meant: "
        + "the graph that came with an ONNX file (pixels 0 to 255 in), or a preprocessor_config.json.");

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

    private readonly Argument<string>? argument;

    /// <param name="command">The command that has the options.</param>
    /// <param name="needsHead">Whether it gives answers, for which a head has to be trained.</param>
    /// <param name="instead">The option that stands instead of a model where word vectors are enough; null where a model has to be given.</param>
    /// <param name="asArgument">Whether the model is an argument of the command and no option.</param>
    /// <param name="ofTexts">Whether it is a text model in any case, which has none of the other options.</param>
    public ModelOptions(Command command, bool needsHead = false, string? instead = null, bool asArgument = false, bool ofTexts = false)
    {
        this.needsHead = needsHead;
        if (ofTexts)
        {
            model.HelpName = "FOLDER|NAME";
            model.Description = "The folder of a text model as on the hub, a repository there (org/name), or a name that 'graft models' lists (fetched on first use).";
        }
        model.Required = instead is null && !asArgument;
        if (instead is not null) model.Description += $" Required, but with {instead}.";
        if (asArgument) command.Add(argument = new Argument<string>("MODEL") { Description = model.Description });
        else command.Add(model);
        if (ofTexts) return;
        command.Add(weights);
        command.Add(preprocess);
        command.Add(entry);
        command.Add(prefix);
        command.Add(allowNonFinite);
    }

    /// <summary>The name or path of the model.</summary>
    /// <exception cref="WrongInputException">None is given.</exception>
    public string Name(ParseResult parsed) => (argument is null ? parsed.GetValue(model) : parsed.GetValue(argument)) ?? throw new WrongInputException($"{ModelName} is required");

    /// <summary>The first option that was given of a model's; null where none was.</summary>
    public string? Given(ParseResult parsed) =>
        new Option[] { model, weights, preprocess, entry, prefix, allowNonFinite }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name;

    /// <summary>The model as options of another command's line.</summary>
    public string Line(ParseResult parsed)
    {
        (string Name, string? Value)[] given =
        [
            (ModelName, Name(parsed)),
            .. new Option<string?>[] { weights!, preprocess!, entry, prefix }.Select(option => (option.Name, parsed.GetValue(option))),
        ];
        return string.Concat(given.Where(one => one.Value is not null).Select(one => $" {one.Name} {Quoted(one.Value!)}"));
    }

    /// <summary>A word of a command line, between quotation marks where a shell would divide it.</summary>
    public static string Quoted(string text) =>
        text.Any(static letter => !char.IsLetterOrDigit(letter) && letter is not ('/' or '.' or '-' or '_' or ':' or '\\'))
            ? $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'" : text;

    /// <summary>The folder of a text model: as given, or of a repository of the hub, which is fetched on first use.</summary>
    /// <exception cref="WrongInputException">It is none.</exception>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public string TextFolder(ParseResult parsed, CancellationToken interrupt)
    {
        string name = Name(parsed);
        if (OfPictures(parsed) is { } option) throw new WrongInputException($"{option.Name} is for pictures: leave it out for texts");
        try
        {
            string folder = FetchDisplay.ShowAsync(
                parsed.InvocationConfiguration.Error, progress => TextModelSource.FetchAsync(name, null, progress, interrupt)).GetAwaiter().GetResult();
            return PretrainedModel.HeadOf(folder) is not null ? folder : throw new WrongInputException(
                $"--model {Printable.Whole(name)} is no text model that is built: its {ModelFolder.ConfigFileName} is of none of {string.Join(", ", PretrainedModel.Architectures)}");
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    /// <summary>The folder of a model of sounds: as given, or of a repository of the hub, which is fetched on first use.</summary>
    /// <exception cref="WrongInputException">It is none.</exception>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public string SpeechFolder(ParseResult parsed, CancellationToken interrupt)
    {
        string name = Name(parsed);
        if (OfPictures(parsed) is { } option) throw new WrongInputException($"{option.Name} is for pictures: leave it out for sounds");
        try
        {
            string folder = FetchDisplay.ShowAsync(
                parsed.InvocationConfiguration.Error, progress => TextModelSource.FetchAsync(name, null, progress, interrupt)).GetAwaiter().GetResult();
            return PretrainedSpeechModel.HeadOf(folder) is not null ? folder : throw new WrongInputException(
                $"--model {Printable.Whole(name)} is no model of sounds that is built: "
                + $"its {ModelFolder.ConfigFileName} is of none of {string.Join(", ", PretrainedSpeechModel.Architectures)}");
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    /// <summary>The folder of a model of sounds and what stands above its encoder; null where the name is that of another model or of nothing.</summary>
    /// <exception cref="WrongInputException">It is one of sounds, and options are given that are for pictures.</exception>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public (string Folder, SpeechHead Head)? FindSpeech(ParseResult parsed, CancellationToken interrupt)
    {
        string? folder = FolderIn(parsed, interrupt);
        return folder is not null && PretrainedSpeechModel.HeadOf(folder) is { } head ? (SpeechFolder(parsed, interrupt), head) : null;
    }

    /// <summary>The folder of a text model and what stands above its encoder; null where the name is that of an image model or of nothing. A repository of
    /// the hub has to be fetched to know it.</summary>
    /// <exception cref="WrongInputException">It is a text model's, and options are given that are for pictures.</exception>
    /// <exception cref="HubException">It cannot be fetched.</exception>
    public (string Folder, TextHead Head)? FindText(ParseResult parsed, CancellationToken interrupt)
    {
        string? folder = FolderIn(parsed, interrupt);
        return folder is not null && PretrainedModel.HeadOf(folder) is { } head ? (TextFolder(parsed, interrupt), head) : null;
    }

    /// <summary>What is tolerated of the weights.</summary>
    public LoadOptions Load(ParseResult parsed) => new() { AllowNonFinite = parsed.GetValue(allowNonFinite) };

    /// <summary>Refuses a choice that cannot be followed, before anything is read.</summary>
    /// <exception cref="WrongInputException">There is no such model, or its weights are not said or said twice.</exception>
    public ModelChoice Choose(ParseResult parsed, bool fromScratch = false, string withoutWeights = "give its file with --weights FILE")
    {
        string name = Name(parsed), shown = Printable.Whole(name);
        string? file = parsed.GetValue(weights), prepare = parsed.GetValue(preprocess);
        if (ImageModelKinds.Of(name) is not { } kind)
        {
            throw new WrongInputException(File.Exists(name)
                ? $"--model {shown} is a file: give the architecture's name, and the file with --weights"
                : $"--model {shown}: there is no such architecture, folder or published model{NearName.Hint(name, ImageModelKinds.Names)}; 'graft models' lists them");
        }
        bool isArchitecture = kind == ImageModelKind.Architecture;
        if (fromScratch && !isArchitecture) throw new WrongInputException($"--from-scratch needs the name of an architecture, and {shown} is {Words(kind)}");
        if (file is not null && !isArchitecture) throw new WrongInputException($"{shown} is {Words(kind)} and has its own weights: leave --weights out");
        if (fromScratch && file is not null) throw new WrongInputException("--weights and --from-scratch contradict each other: give one of them");
        if (fromScratch && prepare is not null) throw new WrongInputException("--preprocess goes with weights: leave it out with --from-scratch");
        if (isArchitecture && !fromScratch && file is null && PublishedModels.DefaultOf(name) is null)
            throw new WrongInputException($"{shown} has no weights yet: {withoutWeights}");
        if (prepare is not null && !File.Exists(prepare)) throw new WrongInputException($"--preprocess {Printable.Whole(prepare)}: there is no such file");
        var options = new LoadOptions
        {
            Entry = parsed.GetValue(entry),
            Prefix = parsed.GetValue(prefix),
            AllowNonFinite = parsed.GetValue(allowNonFinite),
        };
        if ((fromScratch || kind is ImageModelKind.Saved or ImageModelKind.Onnx) && options != new LoadOptions())
            throw new WrongInputException("--entry, --prefix and --allow-non-finite go with --weights");
        return new ModelChoice(name, kind, file, fromScratch, prepare, options, needsHead, parsed.InvocationConfiguration.Error);
    }

    /// <summary>An option that was given and means nothing to a text model; null where there is none.</summary>
    private Option? OfPictures(ParseResult parsed) => ((Option[])[weights, preprocess, entry, prefix]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });

    /// <summary>The folder of a model that is no picture's for all that is known of its name; null for none. A repository of the hub is fetched.</summary>
    private string? FolderIn(ParseResult parsed, CancellationToken interrupt)
    {
        string name = Name(parsed);
        bool isRepository = ImageModelKinds.Of(name) == ImageModelKind.Published && PublishedModels.Find(name) is null && !name.Contains(':');
        if (!isRepository || OfPictures(parsed) is not null) return name;
        return FetchDisplay.ShowAsync(
            parsed.InvocationConfiguration.Error, progress => PublishedModelFetcher.FetchAsync(name, null, progress, interrupt)).GetAwaiter().GetResult().Folder;
    }

    private static string Words(ImageModelKind kind) => kind switch
    {
        ImageModelKind.Saved => "a saved classifier",
        ImageModelKind.HubFolder => "a folder as on the hub",
        ImageModelKind.Onnx => "an ONNX model",
        ImageModelKind.Published => "a published model",
        _ => "an architecture",
    };
}
