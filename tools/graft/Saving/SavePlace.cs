using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>Where what is learnt will be saved: tried out before the work that is to end there, and not the only place where that fails after all.</summary>
internal abstract class SavePlace
{
    private readonly string option;

    /// <param name="option">The option that it was given with.</param>
    /// <param name="path">Where, as it was given.</param>
    protected SavePlace(string option, string path) => (this.option, Path) = (option, path);

    /// <summary>Where, as it was given.</summary>
    public string Path { get; }

    /// <summary>The end of the name of what is saved elsewhere.</summary>
    protected virtual string Ending => "";

    /// <summary>About what a model takes when it is saved.</summary>
    public static long BytesOf(Model model) => model.Parameters().Concat(model.Buffers()).Sum(static tensor => tensor.Shape.ElementCount) * sizeof(float) + (1 << 20);

    /// <summary>Saves something there or, where that fails after all, somewhere else: the work is done and should not be lost.</summary>
    /// <param name="save">Saves it to the path that it is given.</param>
    /// <returns>Where it was saved to, and why that is another place than was asked for.</returns>
    /// <exception cref="WorkFailedException">It could be saved nowhere.</exception>
    public (string Saved, string? Problem) Save(Action<string> save)
    {
        string? problem = null;
        string name = $"graft-rescued-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}{Ending}";
        foreach (string path in new[] { Path, System.IO.Path.Combine(Environment.CurrentDirectory, name), System.IO.Path.Combine(System.IO.Path.GetTempPath(), name) })
        {
            try
            {
                Begin(path);
                save(path);
                return (path, problem is null ? null : $"{option} {Printable.Whole(Path)} could not be written ({problem}), so it is saved in {Printable.Whole(path)}");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problem ??= Shell.Line(exception.Message);
                if (path != Path && Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any()) Directory.Delete(path);
            }
        }
        throw new WorkFailedException($"{option} {Printable.Whole(Path)} could not be written ({problem}), nor the current and the temporary folder, so what was learnt is lost");
    }

    /// <summary>Says why something was saved in another place than was asked for, and returns the exit code.</summary>
    /// <param name="error">Where it is said.</param>
    /// <param name="problem">What <see cref="Save"/> said.</param>
    /// <param name="isInterrupted">Whether the work was.</param>
    public static int Tell(TextWriter error, string? problem, bool isInterrupted = false)
    {
        if (problem is not null) error.WriteLine($"graft: {problem}");
        return isInterrupted ? ExitCode.Interrupted : problem is null ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Learns; if that fails, what was learnt so far is saved and the error says so.</summary>
    /// <param name="place">Where it would be saved; null for nowhere.</param>
    /// <param name="model">What has learnt: another model than at first where learning gives it a new head.</param>
    /// <param name="save">Saves it to the path that it is given.</param>
    /// <param name="learn">Learns.</param>
    /// <param name="steps">How many steps it has made.</param>
    /// <param name="hint">What to add to an error that was the caller's; null for nothing.</param>
    /// <exception cref="WrongInputException">What was asked for is impossible.</exception>
    /// <exception cref="WorkFailedException">It failed.</exception>
    public static T Learn<T>(SavePlace? place, Func<Model> model, Action<string> save, Func<T> learn, Func<long> steps, Func<string, string?>? hint = null)
    {
        try
        {
            return learn();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException && steps() == 0)
        {
            string message = Shell.Line(exception.Message);
            throw new WrongInputException(message + hint?.Invoke(message));
        }
        catch (Exception exception) when (exception is NonFiniteException or IOException and not CheckpointException or UnauthorizedAccessException or OutOfMemoryException)
        {
            string kept = "nothing was saved";
            if (place is not null && steps() > 0 && IsFinite(model()))
                kept = $"what was learnt in {Tables.Count(steps())} steps before is saved in {Printable.Whole(place.Save(save).Saved)}";
            throw new WorkFailedException($"{Shell.Line(exception.Message)}; {kept}", exception);
        }
    }

    /// <summary>Whether all numbers of a model are finite.</summary>
    public static bool IsFinite(Model model) =>
        model.Parameters().Concat(model.Buffers()).All(static tensor => !tensor.Value.ToArray().AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue));

    /// <summary>Does what has to be done before something can be saved to a path.</summary>
    protected virtual void Begin(string path)
    {
    }

    /// <summary>Refuses a folder that cannot be written or has no space left. What does not exist does not exist afterwards either.</summary>
    /// <param name="option">The option that it was given with, or a file in it.</param>
    /// <param name="path">What was given.</param>
    /// <param name="folder">The whole path of the folder.</param>
    /// <param name="bytes">About how much will be saved.</param>
    /// <exception cref="WrongInputException">With what to do instead.</exception>
    protected static void Require(string option, string path, string folder, long bytes)
    {
        var made = new List<string>();
        for (string? missing = folder; missing is not null && !Directory.Exists(missing); missing = System.IO.Path.GetDirectoryName(missing)) made.Add(missing);
        try
        {
            Directory.CreateDirectory(folder);
            Probe(System.IO.Path.Combine(folder, $".writable-{Guid.NewGuid():n}"), bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string needed = bytes >> 20 > 0 ? $": {bytes >> 20} MB are needed there" : "";
            throw new WrongInputException($"{option} {Printable.Whole(path)} cannot be written{needed} ({exception.Message})");
        }
        finally
        {
            foreach (string one in made)
                if (Directory.Exists(one) && !Directory.EnumerateFileSystemEntries(one).Any()) Directory.Delete(one);
        }
    }

    /// <summary>Takes the room that will be needed, and gives it back.</summary>
    private static void Probe(string file, long bytes)
    {
        try
        {
            using var room = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                PreallocationSize = bytes,
            });
            room.WriteByte(0);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
