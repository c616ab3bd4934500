using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>The options of <c>graft fine-tune</c> that say how it learns; what they are by default is the library's.</summary>
internal sealed class RecipeOptions
{
    private static readonly FineTuneOptions Recipe = new();
    private static readonly ImageFineTuneOptions Preset = new();

    private readonly Option<int> epochs = Options.WholeNumber("--epochs", "Epochs in which every stage learns that is not frozen.", 0, Recipe.Epochs);
    private readonly Option<double> learningRate = Options.Number(
        "--learning-rate", "R", "The head's highest learning rate; half of it after frozen epochs.", "a number above 0", static value => value > 0, Recipe.LearningRate);
    private readonly Option<int> frozenEpochs = Options.WholeNumber(
        "--frozen-epochs", "Epochs before those in which the head alone learns; 1 for a new head on a trained trunk, else 0.", 0, preset: null);
    private readonly Option<string?> freezeBelow = new("--freeze-below") { Description = "The first stage that learns at all; those below keep their numbers.", HelpName = "STAGE" };
    private readonly Option<int> batchSize = Options.WholeNumber(
        "--batch-size", "Pictures a step, at most; they are spread evenly and none is left out. Without it there are 24 steps an epoch of 4 to 64 pictures.", 1, preset: null);
    private readonly Option<string> optimiser = Options.Choice("--optimiser", "The rule that moves the parameters.", ["sgd", "adamw"], "sgd");
    private readonly Option<double> momentum = Options.Number(
        "--momentum", "M", "How much of the last step SGD keeps, or AdamW's beta1.", "a number in [0, 1)", static value => value is >= 0 and < 1, Recipe.Momentum);
    private readonly Option<double> weightDecay = Options.Number(
        "--weight-decay", "D", "The weight decay of everything but vectors.", "a number from 0 up", static value => value >= 0, Recipe.WeightDecay);
    private readonly Option<double> clipNorm = Options.Number(
        "--clip-norm", "NORM", "The largest norm of all gradients together; no clipping where it is not given.", "a number above 0", static value => value > 0, preset: null);
    private readonly Option<double> rateDecay = Options.Number(
        "--rate-decay", "FACTOR",
        $"What the rate is divided by from a stage to the one below it; {Recipe.RateDecayPerStage} where it is not given, 1 from scratch.",
        "a number above 0", static value => value > 0, preset: null);
    private readonly Option<string> batchNorm = Options.Choice(
        "--batch-norm", "What batch norms normalise by: frozen ones by their running statistics and the others by the batch, all by the batch, or all by their running statistics.",
        ["follow-freezing", "always-batch-statistics", "always-running-statistics"], "follow-freezing");
    private readonly Option<double> labelSmoothing = Options.Number(
        "--label-smoothing", "SHARE", "The share of the target that is spread over all classes.", "a number in [0, 1)", static value => (float)value is >= 0 and < 1, Preset.LabelSmoothing);
    private readonly Option<double> heldOut = Options.Number(
        "--held-out", "SHARE", "The share of each class's pictures that is kept from training and evaluated on.", "a number in [0, 1)", static value => value is >= 0 and < 1, Preset.HeldOut);
    private readonly Option<string> validation = Options.FilePath(
        "--validation", "DIR|FILE.npz", "A folder to evaluate on after each epoch instead, a sub-folder a class, or a NumPy archive with a val part.");
    private readonly Option<string?> augment = new("--augment")
    {
        Description = "How training pictures are varied: cropped at random, mirrored left to right, both (crop,flip) or neither (none). "
            + "As the weights were trained, or as the saved classifier was, where it is not given; digits and X-rays want no flip.",
        HelpName = "crop|flip|crop,flip|none",
        Arity = ArgumentArity.ExactlyOne,
    };
    private readonly Option<ulong> seed = Options.Seed();

    public RecipeOptions(Command command)
    {
        augment.CustomParser = result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!IsAugmentation(given))
                result.AddError($"--augment is crop, flip, crop,flip or none, not '{Printable.Whole(given)}'{NearName.Hint(given, ["crop", "flip", "none"])}");
            return given;
        };
        foreach (var option in new Option[]
        {
            epochs, learningRate, frozenEpochs, freezeBelow, batchSize, optimiser, momentum, weightDecay, clipNorm, rateDecay, batchNorm,
            labelSmoothing, heldOut, validation, augment, seed,
        })
            command.Add(option);
    }

    /// <summary>How training varies pictures: as the model's own way has it, without what was not asked for.</summary>
    public TrainingAugmentation Augmentation(ParseResult parsed, TrainingAugmentation current, TrainingAugmentation own)
    {
        if (parsed.GetValue(augment) is not { } given) return current;
        string[] words = given.Split(',');
        var wanted = TrainingAugmentation.None;
        if (words.Contains("crop")) wanted = wanted with { CropPadding = own.CropPadding, ResizedCrop = own.ResizedCrop };
        if (words.Contains("flip")) wanted = wanted with { HorizontalFlipProbability = own.HorizontalFlipProbability };
        return wanted;
    }

    private static bool IsAugmentation(string given) =>
        given == "none" || given.Split(',') is { Length: <= 2 } words && words.Distinct().Count() == words.Length && words.All(static word => word is "crop" or "flip");

    /// <exception cref="WrongInputException">Options contradict each other.</exception>
    public ImageFineTuneOptions Read(ParseResult parsed, bool fromScratch)
    {
        if (parsed.GetValue(epochs) == 0 && parsed.Find(frozenEpochs) is null or 0)
            throw new WrongInputException("there is nothing to learn in 0 epochs: give --epochs or --frozen-epochs 1 at least");
        if (parsed.GetValue(heldOut) > 0 && parsed.GetValue(validation) is not null)
            throw new WrongInputException("--held-out and --validation contradict each other: give one of them");
        return new ImageFineTuneOptions
        {
            BatchSize = parsed.Find(batchSize),
            LabelSmoothing = (float)parsed.GetValue(labelSmoothing),
            HeldOut = parsed.GetValue(heldOut),
            Validation = parsed.GetValue(validation),
            Recipe = new FineTuneOptions
            {
                Epochs = parsed.GetValue(epochs),
                FrozenEpochs = parsed.Find(frozenEpochs),
                LearningRate = parsed.GetValue(learningRate),
                RateDecayPerStage = parsed.Find(rateDecay) ?? (fromScratch ? 1 : Recipe.RateDecayPerStage),
                FreezeBelow = parsed.GetValue(freezeBelow),
                Optimiser = parsed.GetValue(optimiser) == "adamw" ? OptimiserKind.AdamW : OptimiserKind.Sgd,
                Momentum = parsed.GetValue(momentum),
                WeightDecay = parsed.GetValue(weightDecay),
                ClipNorm = parsed.Find(clipNorm),
                BatchNorm = parsed.GetValue(batchNorm) switch
                {
                    "always-batch-statistics" => BatchNormPolicy.AlwaysBatchStatistics,
                    "always-running-statistics" => BatchNormPolicy.AlwaysRunningStatistics,
                    _ => BatchNormPolicy.FollowFreezing,
                },
                Seed = parsed.GetValue(seed),
            },
        };
    }
}
