using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Steps that begin with a head of zeros (Kao, Chiu and Chen 2022).</summary>
public sealed class ZeroHeadTests : IDisposable
{
    private const int Ways = 3, Shots = 2, Queries = 4, OfClass = 8, Inputs = 4, Width = 5;

    private static readonly int[] Labels = [.. Enumerable.Range(0, 6 * OfClass).Select(static i => i / OfClass)];

    private readonly CpuDevice device = new(1);
    private readonly Folded model = new();

    public void Dispose()
    {
        model.Dispose();
        device.Dispose();
    }

    /// <summary>From zeros a step leads each class's row to (rate / examples) times the sum of (1 where it is theirs, less 1 / ways) f over the examples' features f.</summary>
    [Fact]
    public void A_step_makes_a_head_of_the_examples_features()
    {
        using var method = Method(steps: 1);
        for (int number = 0; number < 10; number++)
        {
            var episode = new EpisodeDraw(Labels, Ways, Shots, Queries, seed: 2).At(number);
            double[][] support = FeaturesOf(episode.Support), queries = FeaturesOf(episode.Queries);
            int[] expected = [.. queries.Select(query =>
            {
                double[] logits = [.. Enumerable.Range(0, Ways).Select(way => support.Index()
                    .Sum(one => ((episode.SupportLabels[one.Index] == way ? 1 : 0) - 1.0 / Ways) * one.Item.Zip(query, static (x, y) => x * y).Sum()))];
                return Array.IndexOf(logits, logits.Max());
            })];
            Assert.Equal(expected, method.Answers(episode, Input));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_class_is_called_makes_no_difference(bool isZero)
    {
        using var method = Method(steps: 3, isZero);
        var episodes = new EpisodeDraw(Labels, Ways, Shots, Queries, seed: 3);
        bool isSame = true;
        for (int number = 0; number < 10; number++)
        {
            // the same classes from the last to the first
            var episode = episodes.At(number);
            var turned = new Episode([.. episode.Classes.Reverse()], Backwards(episode.Support, Shots), Backwards(episode.Queries, Queries));
            int[] answers = method.Answers(episode, Input), others = method.Answers(turned, Input);
            isSame &= Backwards(answers, Queries).Select(static way => Ways - 1 - way).SequenceEqual(others);
        }
        Assert.Equal(isZero, isSame);

        static int[] Backwards(IEnumerable<int> values, int ofEach) => [.. values.Chunk(ofEach).Reverse().SelectMany(static one => one)];
    }

    [Fact]
    public void The_trunk_alone_is_learnt()
    {
        using var method = Method(steps: 2);
        Assert.False(method.LearnsHead);
        Assert.True(method.KeepsWays);
        double before = Loss();
        float[] weights = model.Parameters().First().Value.ToArray();
        var trunk = new ParameterGroups([.. new ParameterGroups(model).SkipLast(1)]);
        trunk.Rates([0.01]);
        using var optimiser = Optimiser.Adam(trunk);
        new Trainer(optimiser, device) { Backward = method.Backward }.Fit(method.Over(200), epochs: 1);
        Assert.NotEqual(weights, model.Parameters().First().Value.ToArray());
        Assert.All(new ParameterGroups(model)[^1].Parameters, static parameter => Assert.All(parameter.Value.ToArray(), static value => Assert.Equal(0, value)));
        double after = Loss();
        Assert.True(after < 0.8 * before, $"{before} became {after}");

        double Loss() => method.Over(50).EpochFrom(100, 0, default).Average(batch =>
        {
            using var pass = Pass.Train(device);
            return batch.Loss(pass).Value.ToArray()[0];
        });
    }

    private SteppedEpisodes Method(int steps, bool zeroHead = true) => new(
        new MetaLearningSetting(model, Width, Labels, (pass, examples, _) => Input(pass, examples, null), device)
        {
            Ways = Ways,
            Shots = Shots,
            Queries = Queries,
            Inner = new InnerLoop { Rate = 0.3, Steps = steps },
            Seed = 1,
        }, SteppedGradient.SecondOrder, zeroHead: zeroHead);

    /// <summary>Classes of any direction, with noise.</summary>
    private static Variable Input(Pass pass, IReadOnlyList<int> examples, long? round)
    {
        RandomStream own = new(4, "class"), noise = new(4, "noise");
        return pass.Constant(pass.Upload<float>([examples.Count, Inputs], [.. examples.SelectMany(example => Enumerable.Range(0, Inputs).Select(place =>
            (float)(2 * own.Uniform((ulong)place, (ulong)Labels[example]) - 1 + 0.6 * (noise.Uniform((ulong)place, (ulong)example) - 0.5))))]));
    }

    private double[][] FeaturesOf(IReadOnlyList<int> examples)
    {
        using var pass = Pass.Infer(device);
        return [.. model.Body(Input(pass, examples, null)).Value.ToArray().Select(static value => (double)value).Chunk(Width)];
    }

    /// <summary>[n, 4] to five features through hyperbolic tangents, to three classes.</summary>
    private sealed class Folded : ImageModel
    {
        private readonly Linear body;

        public Folded() : base("folded")
        {
            body = Add("body", new Linear(Inputs, Width));
            AddStage("body", Body, body);
            AddStage("head", Add("head", new Linear(Width, Ways)));
        }

        public Variable Body(Variable x) => body.Forward(x).Tanh();

        protected override Variable Pool(Variable map) => map;
    }
}
