using System.Text.Json;
using Graft.Hub;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.CommandLine;

/// <summary>The model that a command is about.</summary>
/// <param name="Name">The name or path that was given.</param>
/// <param name="Kind">What it leads to.</param>
/// <param name="Weights">The file or folder of an architecture's weights; null for a model that has its own, for published ones and for none.</param>
/// <param name="IsFromScratch">Whether it begins without weights.</param>
/// <param name="Preprocess">The file that says what is done to a picture first; null for what the model says.</param>
/// <param name="LoadOptions">What of the weights is taken.</param>
/// <param name="NeedsHead">Whether predictions are needed, for which the head has to be trained.</param>
/// <param name="Error">Where it is said what was taken, if there was something to choose.</param>
internal sealed record ModelChoice(
    string Name, ImageModelKind Kind, string? Weights, bool IsFromScratch, string? Preprocess, LoadOptions LoadOptions, bool NeedsHead, TextWriter Error)
{
    /// <summary>The folder of adapters that come on it; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Whether it is a model whose weights somebody else trained, and not a classifier that was saved.</summary>
    public bool IsPublished => Kind != ImageModelKind.Saved;

    /// <summary>The file or folder that is read, where it is known before; what is fetched has its place in a cache.</summary>
    public string? Source => Weights ?? (Kind is ImageModelKind.Architecture or ImageModelKind.Published ? null : Name);

    /// <exception cref="CheckpointException">The weights cannot be read, are another model's, or the folder holds no saved classifier.</exception>
    /// <exception cref="HubException">The weights cannot be fetched.</exception>
    public ImageClassifier Open(Device device, ulong seed = 0, CancellationToken interrupt = default)
    {
        if (IsFromScratch) return ImageClassifier.FromScratch(Name, device, seed);
        var source = Open(seed, interrupt);
        var classifier = ImageClassifier.From(Adapter is null ? source : source.WithAdapter(Adapter), device);
        if (NeedsHead) classifier.RequireTrainedHead();
        if (classifier.WeightsReport is { IsNoteworthy: true } report)
            Error.WriteLine($"graft: {Printable.Text(Path.GetFileName(Path.TrimEndingDirectorySeparator(Weights ?? Name)))}: {report.Summary}");
        return classifier;
    }

    /// <summary>The architecture, and the source of its weights.</summary>
    public void Write(Utf8JsonWriter json, ImageClassifier classifier)
    {
        json.WriteString("model", classifier.Model.Name);
        json.WriteString("weights", IsFromScratch ? null : Weights ?? Name);
        if (classifier.WeightsReport is { } report) json.WriteReport(report);
    }

    /// <summary>The weights, before there is a classifier of them.</summary>
    /// <inheritdoc cref="Open(Device, ulong, CancellationToken)" path="/exception"/>
    public ImageModelSource Open(ulong seed, CancellationToken interrupt)
    {
        var options = new ImageModelOptions { Weights = Weights, Preprocess = Preprocess, Seed = seed, Load = LoadOptions };
        try
        {
            return FetchDisplay.ShowAsync(
                Error, progress => ImageModelSource.OpenAsync(Name, options with { Progress = progress }, interrupt)).GetAwaiter().GetResult();
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
        catch (HubException exception) when (Kind == ImageModelKind.Architecture)
        {
            throw new WorkFailedException($"{Shell.Line(exception.Message)}; or give the weights' file with --weights FILE", exception);
        }
    }
}
