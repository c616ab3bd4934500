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
    private static readonly SpeechFineTuneOptions SpeechDefaults = new();

    private readonly List<(RecipeOption<ImageFineTuneOptions> Row, Option<string> Option)> rows = [];
    private readonly List<(RecipeOption<TextFineTuneOptions> Row, Option<string> Option)> textRows = [];
    private readonly List<(RecipeOption<SpeechFineTuneOptions> Row, Option<string> Option)> speechRows = [];
    private readonly Option<string> recipe = Options.FilePath(
        "--recipe", "DIR|FILE", "A saved model, or its graft.json, whose recipe is taken; what is given beside it counts before it.");
    private readonly Option<string?> augment = new("--augment")
    {
        Description = "How training pictures are varied: cropped at random, mirrored left to right, both (crop,flip) or neither (none). "
            + "As the weights were trained, or as the saved classifier was, where it is not given; digits and X-rays want no flip.",
        HelpName = "crop|flip|crop,flip|none",
        Arity = ArgumentArity.ExactlyOne,
    };

    /// <param name="command">The command that gets them.</param>
    /// <param name="isForPictures">Whether it is about pictures alone.</param>
    public RecipeOptions(Command command, bool isForPictures = false)
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
        if (!isForPictures)
        {
            Share(TextRecipe.Options, TextDefaults, "texts", textRows);
            Share(SpeechRecipe.Options, SpeechDefaults, "sounds", speechRows);
        }
        foreach (var option in rows.Select(static row => row.Option).Union(textRows.Select(static row => row.Option)).Union(speechRows.Select(static row => row.Option))) command.Add(option);
        command.Add(recipe);
        command.Add(augment);
    }

    /// <summary>Gives an option of pictures another name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="alias">The other.</param>
    public void Alias(string name, string alias) => rows.Find(row => row.Row.Name == name).Option.Aliases.Add(alias);

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

    /// <param name="parsed">The command line.</param>
    /// <param name="fromScratch">Whether the model has no weights.</param>
    /// <param name="defaults">What holds where nothing is given; null for the usual.</param>
    /// <exception cref="WrongInputException">Options contradict each other.</exception>
    /// <exception cref="CheckpointException">The recipe's file cannot be read.</exception>
    public ImageFineTuneOptions Read(ParseResult parsed, bool fromScratch, ImageFineTuneOptions? defaults = null)
    {
        defaults ??= Defaults;
        var heard = speechRows.Select(static row => row.Option).Except(rows.Select(static row => row.Option)).Except(textRows.Select(static row => row.Option));
        if (Given(parsed, heard) is { } foreign) throw new WrongInputException($"{foreign.Name} is for sounds: leave it out with pictures");
        var options = parsed.GetValue(recipe) is { } path ? ImageFineTuneOptions.Load(path)
            : fromScratch ? defaults with { Recipe = defaults.Recipe with { RateDecayPerStage = 1 } } : defaults;
        return Read(parsed, rows, options, static made => made.Recipe, static (made, part) => made with { Recipe = part },
            static made => made with { HeldOut = 0, Validation = null }, static made => (made.HeldOut, made.Validation));
    }

    /// <summary>The same for texts.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="fromScratch">Whether the model has no weights.</param>
    /// <param name="defaults">What holds where nothing is given; null for what suits encoders.</param>
    /// <exception cref="WrongInputException">Options contradict each other, or one is of pictures or sounds alone.</exception>
    /// <exception cref="CheckpointException">The recipe's file cannot be read.</exception>
    public TextFineTuneOptions ReadTexts(ParseResult parsed, bool fromScratch, TextFineTuneOptions? defaults = null)
    {
        RequireNoForeign(parsed, textRows.Select(static row => row.Option));
        defaults ??= TextDefaults;
        var options = parsed.GetValue(recipe) is { } path ? TextFineTuneOptions.Load(path)
            : fromScratch ? defaults with { Recipe = defaults.Recipe with { RateDecayPerStage = 1 } } : defaults;
        return Read(parsed, textRows, options, static made => made.Recipe, static (made, part) => made with { Recipe = part },
            static made => made with { HeldOut = 0, Validation = null }, static made => (made.HeldOut, made.Validation));
    }

    /// <summary>The same for sounds.</summary>
    /// <param name="parsed">The command line.</param>
    /// <exception cref="WrongInputException">Options contradict each other, or one is of pictures or texts alone.</exception>
    /// <exception cref="CheckpointException">The recipe's file cannot be read.</exception>
    public SpeechFineTuneOptions ReadSounds(ParseResult parsed)
    {
        RequireNoForeign(parsed, speechRows.Select(static row => row.Option));
        var options = parsed.GetValue(recipe) is { } path ? SpeechFineTuneOptions.Load(path) : SpeechDefaults;
        return Read(parsed, speechRows, options, static made => made.Recipe, static (made, part) => made with { Recipe = part },
            static made => made with { HeldOut = 0, Validation = null }, static made => (made.HeldOut, made.Validation));
    }

    /// <summary>The options of a table, of which those stand on the command line already that have a name in common with another's.</summary>
    private void Share<TOptions>(
        RecipeTable<TOptions> table, TOptions defaults, string of, List<(RecipeOption<TOptions> Row, Option<string> Option)> into) where TOptions : class, new()
    {
        var known = rows.Select(static row => (row.Option, Preset: row.Row.TextIn(Defaults)))
            .Concat(textRows.Select(static row => (row.Option, Preset: row.Row.TextIn(TextDefaults)))).ToList();
        foreach (var row in table)
        {
            if (row.Name is not { } name) continue;
            var (option, first) = known.Find(other => other.Option.Name == name);
            if (option is not null && row.TextIn(defaults) is { } preset && preset != first) option.Description += $" For {of} {preset}.";
            into.Add((row, option ?? Options.Of(row, name, defaults)));
        }
    }

    /// <exception cref="WrongInputException">An option is given that is not among those of the task.</exception>
    private void RequireNoForeign(ParseResult parsed, IEnumerable<Option<string>> own)
    {
        Option[] pictures = [.. rows.Select(static row => row.Option).Except(own), augment], texts = [.. textRows.Select(static row => row.Option).Except(own)];
        Option[] sounds = [.. speechRows.Select(static row => row.Option).Except(own)];
        if (Given(parsed, pictures) is { } picture) throw new WrongInputException($"{picture.Name} is for pictures: leave it out with --task");
        if (Given(parsed, texts) is { } text) throw new WrongInputException($"{text.Name} is for texts: leave it out with sounds");
        if (Given(parsed, sounds) is { } sound) throw new WrongInputException($"{sound.Name} is for sounds: leave it out with texts");
    }

    private static Option? Given(ParseResult parsed, IEnumerable<Option> options) => options.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });

    /// <summary>Options with what was given over them.</summary>
    private static TOptions Read<TOptions>(
        ParseResult parsed, List<(RecipeOption<TOptions> Row, Option<string> Option)> all, TOptions options, Func<TOptions, FineTuneOptions> part,
        Func<TOptions, FineTuneOptions, TOptions> with, Func<TOptions, TOptions> unevaluated, Func<TOptions, (double HeldOut, string? Validation)> evaluated) where TOptions : class, new()
    {
        var given = Given(parsed, all);
        if (given.Any(static row => IsEvaluation(row.Row.Key))) options = unevaluated(options);
        foreach (var (row, option) in given) row.TryParse(options, parsed.GetValue(option)!, out options);
        options = with(options, Adapted(part(options), given.Exists(static row => row.Row.Key == RateDecayKey)));
        var (heldOut, validation) = evaluated(options);
        Require(part(options), heldOut, validation);
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
