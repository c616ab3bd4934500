using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>The options of <c>graft fine-tune</c> that say how it learns: a row of the library's table each, and what only a command line
/// has.</summary>
internal sealed class RecipeOptions
{
    private const string RateDecayKey = "learning_rate_decay_per_stage";

    private static readonly ImageFineTuneOptions Defaults = new();
    private static readonly TextFineTuneOptions TextDefaults = new();

    private readonly List<(RecipeOption<ImageFineTuneOptions> Row, Option<string> Option)> rows = [];
    private readonly List<(RecipeOption<TextFineTuneOptions> Row, Option<string> Option)> textRows = [];
    private readonly Option<string> recipe = Options.FilePath(
        "--recipe", "DIR|FILE", "A saved model, or its graft.json, whose recipe is taken; what is given beside it counts before it.");
    private readonly Option<string?> augment = new("--augment")
    {
        Description = "How training pictures are varied: cropped at random, mirrored left to right, both (crop,flip) or neither (none). "
            + "As the weights were trained, or as the saved classifier was, where it is not given; digits and X-rays want no flip.",
        HelpName = "crop|flip|crop,flip|none",
        Arity = ArgumentArity.ExactlyOne,
    };

    public RecipeOptions(Command command)
    {
        augment.CustomParser = result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!IsAugmentation(given))
                result.AddError($"--augment is crop, flip, crop,flip or none, not '{Printable.Whole(given)}'{NearName.Hint(given, ["crop", "flip", "none"])}");
            return given;
        };
        foreach (var row in ImageRecipe.Options)
            if (row.Name is { } name) rows.Add((row, Options.Of(row, name, Defaults)));
        foreach (var row in TextRecipe.Options)
        {
            if (row.Name is not { } name) continue;
            var known = rows.Find(other => other.Row.Name == name).Option;
            if (known is not null && row.TextIn(TextDefaults) is { } preset && preset != rows.Find(other => other.Row.Name == name).Row.TextIn(Defaults))
                known.Description += $" For texts {preset}.";
            textRows.Add((row, known ?? Options.Of(row, name, TextDefaults)));
        }
        foreach (var option in rows.Select(static row => row.Option).Union(textRows.Select(static row => row.Option))) command.Add(option);
        command.Add(recipe);
        command.Add(augment);
    }

    /// <summary>How training varies pictures: as the model's own way has it, without what was not asked for; null where it was not asked.</summary>
    public TrainingAugmentation? Augmentation(ParseResult parsed, TrainingAugmentation own)
    {
        if (parsed.GetValue(augment) is not { } given) return null;
        string[] words = given.Split(',');
        var wanted = TrainingAugmentation.None;
        if (words.Contains("crop")) wanted = wanted with { CropPadding = own.CropPadding, ResizedCrop = own.ResizedCrop };
        if (words.Contains("flip")) wanted = wanted with { HorizontalFlipProbability = own.HorizontalFlipProbability };
        return wanted;
    }

    /// <exception cref="WrongInputException">Options contradict each other.</exception>
    /// <exception cref="CheckpointException">The recipe's file cannot be read.</exception>
    public ImageFineTuneOptions Read(ParseResult parsed, bool fromScratch)
    {
        var options = parsed.GetValue(recipe) is { } path ? ImageFineTuneOptions.Load(path)
            : fromScratch ? Defaults with { Recipe = Defaults.Recipe with { RateDecayPerStage = 1 } } : Defaults;
        var given = Given(parsed, rows);
        if (given.Any(static row => IsEvaluation(row.Row.Key))) options = options with { HeldOut = 0, Validation = null };
        foreach (var (row, option) in given) row.TryParse(options, parsed.GetValue(option)!, out options);
        options = options with { Recipe = Adapted(options.Recipe, given.Exists(static row => row.Row.Key == RateDecayKey)) };
        Require(options.Recipe, options.HeldOut, options.Validation);
        return options;
    }

    /// <summary>The same for texts.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="fromScratch">Whether the model has no weights.</param>
    /// <param name="defaults">What holds where nothing is given; null for what suits encoders.</param>
    /// <exception cref="WrongInputException">Options contradict each other, or one is of pictures alone.</exception>
    /// <exception cref="CheckpointException">The recipe's file cannot be read.</exception>
    public TextFineTuneOptions ReadTexts(ParseResult parsed, bool fromScratch, TextFineTuneOptions? defaults = null)
    {
        var foreign = rows.Select(static row => row.Option).Except(textRows.Select(static row => row.Option)).Append<Option>(augment)
            .FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });
        if (foreign is not null) throw new WrongInputException($"{foreign.Name} is for pictures: leave it out with --task");
        defaults ??= TextDefaults;
        var options = parsed.GetValue(recipe) is { } path ? TextFineTuneOptions.Load(path)
            : fromScratch ? defaults with { Recipe = defaults.Recipe with { RateDecayPerStage = 1 } } : defaults;
        var given = Given(parsed, textRows);
        if (given.Any(static row => IsEvaluation(row.Row.Key))) options = options with { HeldOut = 0, Validation = null };
        foreach (var (row, option) in given) row.TryParse(options, parsed.GetValue(option)!, out options);
        options = options with { Recipe = Adapted(options.Recipe, given.Exists(static row => row.Row.Key == RateDecayKey)) };
        Require(options.Recipe, options.HeldOut, options.Validation);
        return options;
    }

    private static List<(RecipeOption<TOptions> Row, Option<string> Option)> Given<TOptions>(
        ParseResult parsed, List<(RecipeOption<TOptions> Row, Option<string> Option)> all) => all.FindAll(row => parsed.GetResult(row.Option) is { Implicit: false });

    /// <summary>Whether an option says what is evaluated on: one of them in the recipe and the other on the command line is no contradiction.</summary>
    private static bool IsEvaluation(string key) => key is "held_out" or "validation";

    /// <summary>Adapters are new in every stage, so that they learn at one rate where nothing else is said.</summary>
    private static FineTuneOptions Adapted(FineTuneOptions recipe, bool isDecaySaid)
    {
        if (recipe.Adapter.Kind is not null) return isDecaySaid ? recipe : recipe with { RateDecayPerStage = 1 };
        foreach (var row in AdapterRecipe.Options)
            if (row.TextIn(recipe.Adapter) is not null) throw new WrongInputException($"{row.Name} goes with --adapter");
        return recipe;
    }

    private static void Require(FineTuneOptions recipe, double heldOut, string? validation)
    {
        if (recipe.Epochs == 0 && recipe.FrozenEpochs is null or 0)
            throw new WrongInputException("there is nothing to learn in 0 epochs: give --epochs or --frozen-epochs 1 at least");
        if (heldOut > 0 && validation is not null)
            throw new WrongInputException("--held-out and --validation contradict each other: give one of them");
    }

    private static bool IsAugmentation(string given) =>
        given == "none" || given.Split(',') is { Length: <= 2 } words && words.Distinct().Count() == words.Length && words.All(static word => word is "crop" or "flip");
}
