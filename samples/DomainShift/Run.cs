using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.DomainShift;

/// <summary>What came of a method.</summary>
/// <param name="Shift">On which pictures.</param>
/// <param name="Method">Which.</param>
/// <param name="Seed">Of everything that is drawn.</param>
/// <param name="Source">The share of the source that it gets right, of examples that it has not learnt.</param>
/// <param name="Target">The share of the target's test.</param>
/// <param name="Expected">What that was to be expected to be, without labels of the target.</param>
/// <param name="Effective">As far as so many examples tell.</param>
/// <param name="Distance">How far the domains are apart in its features.</param>
/// <param name="Seconds">How long it learnt.</param>
/// <param name="Information">How much its answers tell, in nats.</param>
internal sealed record Result(
    string Shift, string Method, ulong Seed, double Source, double Target, double Expected, double Effective, double Distance, double Seconds, double Information);

/// <summary>Runs a method.</summary>
internal static class Run
{
    /// <summary>The baseline of the methods that are about norms.</summary>
    public const string SourceWithNorms = "source-only with norms";

    /// <summary>Labels of the target: as good as it gets.</summary>
    public const string Oracle = "oracle";

    private const int BatchSize = 64;

    /// <summary>A method and how strong it is: <c>dann</c>, or <c>dann@0.1</c>.</summary>
    public static (string Name, double? Strength) AtStrength(string method) =>
        method.Split('@') is [var name, var strength] ? (name, double.Parse(strength)) : (method, null);

    public static Result Make(Shift shift, string method, ulong seed, int epochs, Device device)
    {
        var (name, strength) = AtStrength(method);
        var kind = method == SourceWithNorms ? DomainMethodKind.SourceOnly : method == Oracle ? null : DomainMethodKind.Named(name);
        bool isAboutNorms = method == SourceWithNorms || kind is { NeedsSource: false };
        using var classifier = shift.Start(isAboutNorms, seed, device);
        (epochs, double rate) = shift.Pace(epochs);
        var options = new ImageFineTuneOptions
        {
            BatchSize = BatchSize,
            Augmentation = TrainingAugmentation.None,
            Recipe = new FineTuneOptions { Strategy = FineTuneStrategy.Full, Epochs = epochs, FrozenEpochs = 0, LearningRate = rate, RateDecayPerStage = 1, Seed = seed },
        };
        double seconds = 0;
        if (kind is null)
        {
            seconds = classifier.FineTune(shift.Target, null, options).Seconds;
        }
        else if (kind == DomainMethodKind.Adda || !kind.NeedsSource)
        {
            // those that go on from a network which knows the source
            seconds = classifier.FineTune(shift.Source, null, options).Seconds;
            if (kind == DomainMethodKind.AdaBn) classifier.AdaptStatistics(shift.Target);
            else if (kind == DomainMethodKind.Tent) seconds += classifier.Adapt(shift.Target).Seconds;
            else seconds += classifier.FineTune(shift.Source, null, Adapting(options with { Recipe = options.Recipe with { Epochs = (epochs + 2) / 3, LearningRate = rate / 10 } })).Seconds;
        }
        else
        {
            seconds = classifier.FineTune(shift.Source, null, Adapting(options)).Seconds;
        }
        var found = classifier.CompareDomains(shift.Source, shift.Held, shift.Target);
        return new Result(
            shift.Name, method, seed, classifier.Evaluate(shift.Held).Accuracy, classifier.Evaluate(shift.Test).Accuracy, 1 - found.Error!.Risk, found.Error.EffectiveExamples,
            found.Distance!.Value, seconds, found.Information);

        ImageFineTuneOptions Adapting(ImageFineTuneOptions how) => how with { Adaptation = new AdaptationOptions { Method = kind, Pictures = shift.Target, Strength = strength } };
    }
}
