using Graft.Tasks;

namespace Graft.Samples.Embedding;

/// <summary>What the classifier answers.</summary>
internal static class PredictionEndpoints
{
    public static void MapPredictions(this WebApplication app)
    {
        app.MapPost("/predict", PredictAsync);
        app.MapPost("/features", FeaturesAsync);
        app.MapGet("/model", Describe);
    }

    private static async Task<PredictionAnswer> PredictAsync(
        HttpRequest request, ServedClassifier served, PredictionQueue queue, int? top, CancellationToken cancellation)
    {
        var picture = await Upload.ReadAsync(request, cancellation);
        return await queue.RunAsync(Predict, cancellation);

        PredictionAnswer Predict()
        {
            var (classifier, network) = served.Current;
            var prediction = classifier.Predict(picture.Bytes, picture.Name, cancellation);
            return new PredictionAnswer(prediction.Label, prediction.Probability, [.. prediction.Classes.Take(top ?? 5)], network);
        }
    }

    private static async Task<FeaturesAnswer> FeaturesAsync(
        HttpRequest request, ServedClassifier served, PredictionQueue queue, CancellationToken cancellation)
    {
        var picture = await Upload.ReadAsync(request, cancellation);
        return await queue.RunAsync(Compute, cancellation);

        FeaturesAnswer Compute()
        {
            var (classifier, network) = served.Current;
            return new FeaturesAnswer(classifier.Features(picture.Bytes, picture.Name, cancellation), network);
        }
    }

    private static ModelAnswer Describe(ServedClassifier served)
    {
        var (classifier, network) = served.Current;
        return new ModelAnswer(classifier.Model.Name, classifier.ClassNames, network, classifier.Metrics);
    }
}

/// <param name="Label">The likeliest class.</param>
/// <param name="Probability">Its probability, from 0 to 1.</param>
/// <param name="Top">The likeliest classes, the likeliest first.</param>
/// <param name="Network">The fingerprint of the weights that answered.</param>
internal sealed record PredictionAnswer(string Label, double Probability, ClassProbability[] Top, string Network);

/// <param name="Features">What the network makes of the picture before its head.</param>
/// <param name="Network">The fingerprint of the weights that answered.</param>
internal sealed record FeaturesAnswer(float[] Features, string Network);

/// <param name="Name">The architecture.</param>
/// <param name="Classes">The classes' names.</param>
/// <param name="Network">The fingerprint of the weights.</param>
/// <param name="Metrics">Figures of the last fine-tuning.</param>
internal sealed record ModelAnswer(string Name, IReadOnlyList<string> Classes, string Network, IReadOnlyDictionary<string, double> Metrics);
