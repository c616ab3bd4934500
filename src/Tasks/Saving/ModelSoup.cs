using System.Text.Json;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What a soup was made of.</summary>
/// <param name="Used">The folders whose weights were averaged, in the order in which they went in.</param>
/// <param name="Scores">How good each folder's model is by itself; empty where all went in unseen.</param>
/// <param name="Score">How good the soup is; null where nothing was evaluated.</param>
public sealed record SoupReport(IReadOnlyList<string> Used, IReadOnlyList<double> Scores, double? Score);

/// <summary>Averages the weights of saved models that were fine-tuned from one start (<see cref="WeightSoup"/>).</summary>
public static class ModelSoup
{
    /// <summary>A soup of image classifiers.</summary>
    /// <param name="folders">Folders that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote; at least two.</param>
    /// <param name="score">How good a classifier is, larger is better: a model goes in only where it does not make the soup worse. Null to average all.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">The models are not of one architecture, with the same labels and inputs.</exception>
    /// <exception cref="CheckpointException">A folder cannot be read.</exception>
    public static (ImageClassifier Soup, SoupReport Report) OfImages(IReadOnlyList<string> folders, Func<ImageClassifier, double>? score = null, Device? device = null) =>
        Cook<ImageClassifier, ImageModel, ImagePreprocessing, ImageFineTuneOptions>(folders, folder => ImageClassifier.Load(folder, device), score);

    /// <summary>A soup of text classifiers.</summary>
    /// <param name="folders">Folders that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote; at least two.</param>
    /// <param name="score">How good a classifier is, larger is better: a model goes in only where it does not make the soup worse. Null to average all.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">The models are not of one architecture, with the same labels and inputs.</exception>
    /// <exception cref="CheckpointException">A folder cannot be read.</exception>
    public static (TextClassifier Soup, SoupReport Report) OfTexts(IReadOnlyList<string> folders, Func<TextClassifier, double>? score = null, Device? device = null) =>
        Cook<TextClassifier, TextModel, TextPreparation, TextFineTuneOptions>(folders, folder => TextClassifier.Load(folder, device), score);

    private static (TTask Soup, SoupReport Report) Cook<TTask, TModel, TInputs, TRecipe>(
        IReadOnlyList<string> folders, Func<string, TTask> load, Func<TTask, double>? score)
        where TTask : TaskModel<TModel, TInputs, TRecipe> where TModel : Model where TRecipe : class, new()
    {
        ArgumentNullException.ThrowIfNull(folders);
        if (folders.Count < 2) throw new ArgumentException("a soup is made of two models at least: give their folders", nameof(folders));
        var tasks = new List<TTask>();
        TTask? soup = null;
        try
        {
            foreach (string folder in folders)
            {
                tasks.Add(load(folder));
                if (tasks[0].DifferenceTo(tasks[^1]) is { } difference)
                    throw new ArgumentException($"{Printable.Whole(folders[0])} and {Printable.Whole(folder)} cannot be averaged: {difference}");
            }
            soup = load(folders[0]);
            var models = tasks.ConvertAll<Model>(static task => task.Model);
            SoupReport report;
            if (score is null)
            {
                WeightSoup.Blend(soup.Model, models);
                report = new SoupReport([.. folders], [], null);
            }
            else
            {
                var (used, scores, best) = WeightSoup.Greedy(soup.Model, models, () => score(soup));
                report = new SoupReport([.. used.Select(index => folders[index])], scores, best);
            }
            soup.BecomeSoup([.. report.Used.Select(static folder => Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)))]);
            return (soup, report);
        }
        catch
        {
            soup?.Dispose();
            throw;
        }
        finally
        {
            foreach (var task in tasks) task.Dispose();
        }
    }

    /// <summary>What <c>graft.json</c> says of a soup.</summary>
    internal static JsonElement Format(IReadOnlyList<string> ingredients)
    {
        using var document = JsonDocument.Parse(JsonFile.Format(writer =>
        {
            writer.WriteStartArray("ingredients");
            foreach (string name in ingredients) writer.WriteStringValue(name);
            writer.WriteEndArray();
        }));
        return document.RootElement.Clone();
    }
}
