using System.CommandLine;
using Graft.Reinforcement;
using Graft.Tensors;

namespace Graft.CommandLine;

/// <summary><c>graft play</c>: a network learns a game, or plays one that it has learnt.</summary>
internal static class PlayCommand
{
    public static Command Make()
    {
        var command = new Command(
            "play",
            "Plays a game by a network that has learnt it, or learns it first (--learn), from nothing or from the trunk of a network that learnt another. Ctrl-C, SIGTERM and SIGHUP "
            + "save what was learnt until then (exit code 130, 143, 129).");
        string known = string.Join("; ", GameKind.All.Select(static kind => $"{kind.Name} ({kind.Summary})"));
        var game = new Argument<string>("GAME") { Description = $"The game: {known}." };
        game.AcceptOnlyFromAmong([.. GameKind.All.Select(static kind => kind.Name)]);
        command.Add(game);
        var weights = Options.FilePath("--weights", "FILE", "A network that was saved before: it plays, or with --learn it goes on; of another game its trunk alone.");
        string methods = string.Join("; ", PolicyMethodKind.All.Select(static kind => $"{kind.Name} ({kind.Summary})"));
        var learn = Options.Choice(
            "--learn", $"Learn the game first: {methods}; {LearntPolicy.Distil} (what --teacher does).",
            [.. PolicyMethodKind.All.Select(static kind => kind.Name), LearntPolicy.Distil], preset: null);
        var teacher = Options.FilePath("--teacher", "FILE", $"The network that is imitated, with --learn {LearntPolicy.Distil}.");
        var freeze = new Option<string>("--freeze") { HelpName = "PATTERN", Description = "What of the network stays as it is: names of stages, 'convolution*'." };
        var target = Options.FilePath("--out", "FILE.safetensors", "Where to save what has learnt.");
        var defaults = new PolicyTrainingOptions();
        var frames = Options.WholeNumber("--frames", "Steps of all games together that are learnt from.", 1, (int)defaults.Frames);
        var games = Options.WholeNumber("--games", "How many are played side by side to learn.", 1, defaults.Games, most: 4096);
        var rate = Options.Number("--learning-rate", "R", "The highest learning rate; the method's where it is not given.");
        var stop = Options.Number("--stop-at", "RETURN", "End as soon as the mean return of 100 test episodes is so high.");
        var episodes = Options.WholeNumber("--episodes", "How many episodes are played in the end, by the best action.", 1, 100);
        var watch = new Option<bool>("--watch") { Description = "Show the episodes that are played in the end, on a terminal." };
        var seed = Options.Seed();
        foreach (var option in new Option[] { weights, learn, teacher, freeze, target, frames, games, rate, stop, episodes, watch, seed }) command.Add(option);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) => Task.FromResult(Run(parsed, interrupt)));
        return command;

        int Run(ParseResult parsed, CancellationToken interrupt)
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var kind = GameKind.Named(parsed.GetRequiredValue(game));
            string? method = parsed.GetValue(learn), from = parsed.GetValue(weights), path = parsed.GetValue(target), taught = parsed.GetValue(teacher);
            if (method is null && from is null) throw new WrongInputException("nothing is there that could play: give a network with --weights FILE, or --learn METHOD");
            if (method is null && path is not null) throw new WrongInputException("--out saves what has learnt: say how with --learn METHOD");
            if (method == LearntPolicy.Distil != taught is not null) throw new WrongInputException($"--teacher FILE and --learn {LearntPolicy.Distil} belong together: give both");
            if (path is not null) OutputFile.RequirePlain("--out", path);
            bool isWatched = parsed.GetValue(watch);
            if (isWatched && !GameScreen.IsThere(output)) throw new WrongInputException("--watch shows games on a terminal, and the output is none: leave it out");
            using var where = device.Open(parsed);
            using var policy = LearntPolicy.Open(kind, method, from, parsed.GetValue(seed));
            var place = path is null ? null : OutputFile.Prepare("--out", path, SavePlace.BytesOf(policy.Model));
            PolicyReport? report = null;
            (string? Saved, string? Problem) kept = (null, null);
            if (method is not null)
            {
                if (parsed.GetValue(freeze) is { } pattern) policy.Freeze(pattern);
                var options = new PolicyTrainingOptions
                {
                    Frames = parsed.GetValue(frames),
                    Games = parsed.GetValue(games),
                    LearningRate = parsed.Find(rate),
                    StopAt = parsed.Find(stop),
                    Seed = parsed.GetValue(seed),
                };
                report = ProgressDisplay.Show(error, display => policy.Learn(method, taught, options, where.Device, place, display, interrupt));
                if (place is not null) kept = place.Save(policy.Save);
            }
            bool isInterrupted = report?.Interrupted == true;
            var screen = isWatched ? new GameScreen(output) : null;
            ulong number = parsed.GetValue(seed);
            var played = new Played(kind, report, isInterrupted ? [] : Play(policy, kind, where.Device, parsed.GetValue(episodes), number, screen, interrupt), kept.Saved);
            if (!parsed.GetValue(json)) played.Tell(output);
            else
            {
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteString("method", method);
                    played.Write(writer);
                    writer.WriteBoolean("interrupted", isInterrupted);
                    writer.WriteNumber("seed", number);
                    writer.WriteString("device", where.Device.Name);
                });
            }
            return SavePlace.Tell(error, kept.Problem, isInterrupted);
        }
    }

    private static IReadOnlyList<double> Play(
        LearntPolicy policy, GameKind kind, Device device, int episodes, ulong seed, GameScreen? screen, CancellationToken interrupt)
    {
        var game = kind.Create();
        using var player = new Player(policy.Model, game, device);
        return screen is null ? player.Play(game, episodes, seed, watch: null, interrupt) : screen.Show(show => player.Play(game, episodes, seed, show, interrupt));
    }
}
