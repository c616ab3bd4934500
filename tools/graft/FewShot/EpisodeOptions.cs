using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>What episodes are like, and how is learnt from them.</summary>
internal sealed class EpisodeOptions
{
    private const int UsualQueries = 15, UsualTestEpisodes = 600;

    // what papers state of methods that answer any number of classes
    private static readonly (int Ways, int Shots)[] usual = [(5, 1), (5, 5), (20, 1), (20, 5)];

    private static readonly ImageMetaLearningOptions defaults = new();

    private readonly Option<string> method = Options.Choice(
        "--method", $"What is learnt: {string.Join("; ", MetaLearningKind.All.Select(static kind => $"{kind.Name} ({kind.Summary})"))}.",
        [.. MetaLearningKind.All.Select(static kind => kind.Name)], defaults.Method.Name);

    private readonly Option<int> ways = Options.WholeNumber("--ways", "How many classes an episode has.", 2, defaults.Ways),
        shots = Options.WholeNumber("--shots", "How many pictures of each are learnt from.", 1, defaults.Shots),
        queries = Options.WholeNumber("--queries", "How many of each are asked about while it learns.", 1, defaults.Queries),
        episodes = Options.WholeNumber("--episodes", "How many episodes there are.", 1, defaults.Episodes),
        testEpisodes = Options.WholeNumber("--test-episodes", "How many episodes it is tested with in the end.", 2, UsualTestEpisodes),
        tasks = Options.WholeNumber("--tasks-per-step", "How many episodes a step is made of; the method's own where it is not given.", 1, null),
        innerSteps = Options.WholeNumber("--inner-steps", "How many steps a task has, of methods that learn by steps; the method's own where it is not given.", 1, null),
        testSteps = Options.WholeNumber("--test-steps", "How many it has where it is tested.", 1, null);

    private readonly Option<double> rate = Options.Number("--learning-rate", "R", "The highest learning rate; the method's own where it is not given."),
        innerRate = Options.Number("--inner-rate", "R", "The rate of the steps on a task; the method's own where it is not given.");

    // a row of the recipe of fine-tune, and the same words
    private static readonly RecipeOption<ImageFineTuneOptions> variation = ImageRecipe.Options.Single(static row => row.Name == "--auto-augment");

    private readonly Option<string> varied = Options.Of(variation, "--auto-augment", new ImageFineTuneOptions());

    public EpisodeOptions(Command command)
    {
        foreach (var option in new Option[] { method, ways, shots, queries, episodes, testEpisodes, tasks, rate, innerRate, innerSteps, testSteps, varied }) command.Add(option);
    }

    /// <exception cref="WrongInputException">Options contradict each other.</exception>
    public ImageMetaLearningOptions Read(ParseResult parsed)
    {
        foreach (var positive in new[] { rate, innerRate })
            if (parsed.Find(positive) is <= 0) throw new WrongInputException($"{positive.Name} is a number above 0");
        var kind = MetaLearningKind.Named(parsed.GetRequiredValue(method));
        var given = new Option[] { innerRate, innerSteps, testSteps }.FirstOrDefault(option => parsed.GetResult(option) is not null);
        if (given is not null && kind.Inner is null) throw new WrongInputException($"{given.Name} goes with methods that learn by steps, and {kind} makes none: leave it out");
        return defaults with
        {
            Method = kind,
            Ways = parsed.GetValue(ways),
            Shots = parsed.GetValue(shots),
            Queries = parsed.GetValue(queries),
            Episodes = parsed.GetValue(episodes),
            TasksPerStep = parsed.Find(tasks),
            LearningRate = parsed.Find(rate),
            Inner = given is null ? null : kind.Inner! with { Rate = parsed.Find(innerRate) ?? kind.Inner.Rate, Steps = parsed.Find(innerSteps) ?? kind.Inner.Steps },
            TestSteps = parsed.Find(testSteps) ?? (given is null ? null : kind.TestSteps),
            Variation = parsed.GetValue(varied) is { } name && variation.TryParse(new ImageFineTuneOptions(), name, out var recipe) ? recipe.Variation : new VariationOptions(),
        };
    }

    /// <summary>How many episodes it is tested with in the end.</summary>
    public int TestEpisodes(ParseResult parsed) => parsed.GetValue(testEpisodes);

    /// <summary>The kinds of episodes that it is tested with: its own and, where it answers any number of classes, those that are usual, as far as there are pictures.</summary>
    public static IEnumerable<(int Ways, int Shots, int Queries)> Tests(ImageMetaLearningOptions options, LabelledImages held)
    {
        var wanted = options.Method.Inner is null ? usual.Append((options.Ways, options.Shots)) : [(options.Ways, options.Shots)];
        foreach (var (of, few) in wanted.Distinct().OrderBy(static one => one))
        {
            int asked = Enumerable.Range(1, UsualQueries).LastOrDefault(count => MetaLearnCommand.ClassesWith(held, few + count) >= of);
            if (asked > 0) yield return (of, few, asked);
        }
    }
}
