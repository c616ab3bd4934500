using System.Globalization;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>The checkpoints of one training in their folder: <c>step-00000120.safetensors</c>.</summary>
internal sealed class CheckpointFolder(TrainingCheckpoints settings)
{
    private const string Before = "step-", After = ".safetensors", FigureKey = "figure", LayoutKey = "graft_training", Layout = "1", IdentityPart = "identity/";

    /// <summary>The files, the newest first.</summary>
    public IReadOnlyList<(int Step, string Path)> Files()
    {
        if (!Directory.Exists(settings.Folder)) return [];
        return [.. Directory.EnumerateFiles(settings.Folder, $"{Before}*{After}").Select(static path => (Step: StepOf(path), Path: path))
            .Where(static file => file.Step >= 0).OrderByDescending(static file => file.Step)];
    }

    /// <summary>Writes one, and takes older ones away when it stands.</summary>
    /// <param name="step">How many steps are made.</param>
    /// <param name="figure">The figure of an evaluation that has just been made; null where none has.</param>
    /// <param name="state">What is kept.</param>
    /// <param name="isFirst">Whether it is the first of a new training, so that all others are of another.</param>
    /// <exception cref="IOException">It cannot be written; those before are as they were.</exception>
    public void Write(int step, double? figure, StateWriter state, bool isFirst)
    {
        var metadata = new Dictionary<string, string>(state.Values, StringComparer.Ordinal) { [LayoutKey] = Layout };
        if (figure is { } value) metadata[FigureKey] = value.ToString("R", CultureInfo.InvariantCulture);
        foreach (var (name, text) in settings.Identity) metadata[IdentityPart + name] = text;
        string path = Path.Combine(settings.Folder, string.Create(CultureInfo.InvariantCulture, $"{Before}{step:d8}{After}"));
        try
        {
            Directory.CreateDirectory(settings.Folder);
            AtomicFile.Write(path, file => SafetensorsChecksum.Write(settings.Through?.Invoke(file) ?? file, state.Tensors, metadata));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string before = Files() is [var last, ..] ? $"the one of step {last.Step} is as it was" : "there is none before it";
            throw new IOException($"{settings.Folder}: the checkpoint of step {step} cannot be written ({exception.Message}); {before}: see to the folder and go on from there", exception);
        }
        if (isFirst) RemoveOthers(step);
        else RemoveOlder(step);
    }

    /// <summary>The newest checkpoint that is whole, opened; null where there is none at all.</summary>
    /// <exception cref="CheckpointException">None is whole, or it is one of another training.</exception>
    public (int Step, Checkpoint Checkpoint)? Newest()
    {
        CheckpointException? first = null;
        foreach (var (step, path) in Files())
        {
            Checkpoint checkpoint;
            try
            {
                SafetensorsChecksum.Require(path);
                checkpoint = Checkpoint.Open(path);
            }
            catch (CheckpointException exception)
            {
                settings.Note?.Invoke($"{exception.Message}; the checkpoint before it is taken");
                first ??= exception;
                continue;
            }
            try
            {
                Require(checkpoint);
                return (step, checkpoint);
            }
            catch
            {
                checkpoint.Dispose();
                throw;
            }
        }
        return first is null ? null : throw new CheckpointException(settings.Folder, $"no checkpoint in it is whole, the newest: {first.Message}; remove them to begin anew", first);
    }

    /// <summary>Takes away what an interrupted writing left.</summary>
    public void RemovePartial()
    {
        if (!Directory.Exists(settings.Folder)) return;
        foreach (string partial in Directory.EnumerateFiles(settings.Folder, $".{Before}*.partial")) File.Delete(partial);
    }

    public void Clear()
    {
        if (!Directory.Exists(settings.Folder)) return;
        RemovePartial();
        foreach (var (_, path) in Files()) File.Delete(path);
        if (!Directory.EnumerateFileSystemEntries(settings.Folder).Any()) Directory.Delete(settings.Folder);
    }

    private void Require(Checkpoint checkpoint)
    {
        if (!checkpoint.Metadata.TryGetValue(LayoutKey, out string? layout)) throw new CheckpointException(checkpoint.Path, "is no checkpoint of a training");
        if (layout != Layout)
            throw new CheckpointException(checkpoint.Path, $"is laid out as version {Printable.Text(layout)}, of which {Layout} is read: go on with the Graft that wrote it");
        var now = settings.Identity.ToDictionary(static one => one.Key, static one => one.Value, StringComparer.Ordinal);
        var then = checkpoint.Metadata.Where(static one => one.Key.StartsWith(IdentityPart, StringComparison.Ordinal))
            .ToDictionary(static one => one.Key[IdentityPart.Length..], static one => one.Value, StringComparer.Ordinal);
        string[] differing = [.. settings.Identity.Select(static one => one.Key).Union(then.Keys.Order(StringComparer.Ordinal))
            .Where(name => then.GetValueOrDefault(name) != now.GetValueOrDefault(name))];
        if (differing.Length == 0) return;
        string what = string.Join("; ", differing.Select(name => $"{Printable.Text(name)} was {Shown(then.GetValueOrDefault(name))} and is {Shown(now.GetValueOrDefault(name))}"));
        throw new CheckpointException(checkpoint.Path, $"is of another training: {what}; go on with what it was begun with, or begin anew without it");
    }

    private static string Shown(string? value)
    {
        const int Most = 40;
        return value is null ? "none" : Printable.Text(value.Length <= Most ? value : value[..Most] + "...");
    }

    private void RemoveOthers(int step)
    {
        foreach (var (other, path) in Files())
            if (other != step) File.Delete(path);
    }

    private void RemoveOlder(int newest)
    {
        var files = Files();
        // what a longer training left that this one has taken the place of
        foreach (var (step, path) in files)
            if (step > newest) File.Delete(path);
        (int Step, string Path)[] older = [.. files.Where(file => file.Step <= newest).Skip(settings.Keep)];
        if (older.Length == 0) return;
        string? best = Best(files.Where(file => file.Step <= newest));
        foreach (var (_, path) in older)
            if (path != best) File.Delete(path);
    }

    /// <summary>The one of the best evaluation; of several the first.</summary>
    private string? Best(IEnumerable<(int Step, string Path)> files)
    {
        (double Figure, string Path)? best = null;
        foreach (var (_, path) in files.Reverse())
        {
            if (FigureOf(path) is not { } figure) continue;
            if (best is not { } known || (settings.LargerIsBetter ? figure > known.Figure : figure < known.Figure)) best = (figure, path);
        }
        return best?.Path;
    }

    private static double? FigureOf(string path)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(path);
            bool has = checkpoint.Metadata.TryGetValue(FigureKey, out string? text) & double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double figure);
            return has && !double.IsNaN(figure) ? figure : null;
        }
        catch (CheckpointException)
        {
            // a damaged one is the best of nothing
            return null;
        }
    }

    private static int StepOf(string path)
    {
        string name = Path.GetFileName(path);
        return int.TryParse(name.AsSpan(Before.Length, name.Length - Before.Length - After.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int step) ? step : -1;
    }
}
