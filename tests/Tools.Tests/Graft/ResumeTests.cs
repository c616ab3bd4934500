using System.Diagnostics;
using System.Security.Cryptography;
using Graft.Testing;

namespace Graft.Tools.Tests;

/// <summary><c>graft fine-tune --resume</c>: what was interrupted or killed ends with the bytes of what was not.</summary>
public sealed class ResumeTests(Workplace place) : IClassFixture<Workplace>
{
    private static readonly string[] Slow = ["--epochs", "8", "--threads", "1", "--checkpoint-every", "1", "--held-out", "0.25", "--ema-decay", "0.9"];

    [Theory]
    [InlineData("fine-tune", "epoch")]
    [InlineData("gradual-unfreezing", "3")]
    [InlineData("full", null)]
    public void After_Ctrl_C_in_any_epoch(string strategy, string? every)
    {
        string[] how = ["--strategy", strategy, "--epochs", "4", "--frozen-epochs", "1", "--learning-rate", "0.001", "--label-smoothing", "0.1", "--held-out", "0.25",
            .. every is null ? [] : (string[])["--checkpoint-every", every]];
        string whole = $"whole-{strategy}", cut = $"cut-{strategy}";
        var expected = GraftLine.Run(place.FineTune(whole, [.. how, "--json"])).AssertDone();
        Assert.False(Directory.Exists(place.In(whole, "checkpoints")));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, expected.GetProperty("resumedFrom").ValueKind);
        foreach (string moment in (string[])["epoch 1/", "epoch 2/", "epoch 4/"])
        {
            var interrupted = GraftLine.RunUntil(moment, place.FineTune(cut, how));
            Assert.Equal(130, interrupted.ExitCode);
            Assert.EndsWith("and --resume goes on with it\n", interrupted.Error, StringComparison.Ordinal);
            Assert.True(Directory.Exists(place.In(cut, "checkpoints")));
            var resumed = GraftLine.Run(place.FineTune(cut, [.. how, "--resume", "--json"]));
            Assert.Contains("graft: note: goes on from step ", resumed.Error, StringComparison.Ordinal);
            var report = resumed.AssertDone();
            Assert.Equal(expected.GetProperty("steps").GetInt32(), report.GetProperty("steps").GetInt32());
            Assert.True(report.GetProperty("resumedFrom").GetInt32() > 0);
            Assert.Equal(expected.GetProperty("validation").GetRawText(), report.GetProperty("validation").GetRawText());
            Assert.Equal(HashOf(whole), HashOf(cut));
            Assert.False(Directory.Exists(place.In(cut, "checkpoints")));
        }
    }

    /// <summary>What takes part in a training beside its model: kept outputs of a trunk, the network as it was, a teacher, stages that are computed again.</summary>
    [Theory]
    [InlineData("kept", "--freeze-below", "head", "--cache", "memory")]
    [InlineData("kept-on-disk", "--freeze-below", "layer3", "--cache", "disk", "--cache-dir", "ROWS")]
    [InlineData("delta", "--delta", "0.001")]
    [InlineData("delta-judged", "--delta", "0.001", "--delta-attention", "supervised")]
    [InlineData("taught", "--teacher", "TEACHER", "--distill-temperature", "2")]
    [InlineData("matched", "--teacher", "TEACHER", "--distill-features", "0.5", "--distill-stage", "layer2", "--distill-teacher-stage", "layer3")]
    [InlineData("checkpointed", "--activation-checkpointing", "on")]
    public void With_what_takes_part(string name, params string[] more)
    {
        if (more.Contains("TEACHER")) GraftLine.Run(place.FineTune("teacher", "--epochs", "1")).AssertDoneQuietly();
        string[] how = ["--epochs", "4", "--frozen-epochs", "1", "--augment", "none", "--learning-rate", "0.001", "--checkpoint-every", "2",
            .. more.Select(word => word == "TEACHER" ? place.In("teacher") : word == "ROWS" ? place.In("rows") : word)];
        GraftLine.Run(place.FineTune(name, how)).AssertDoneQuietly();
        foreach (string moment in (string[])["epoch 1/", "epoch 3/"])
        {
            string cut = name + "-cut";
            Assert.Equal(130, GraftLine.RunUntil(moment, place.FineTune(cut, how)).ExitCode);
            var resumed = GraftLine.Run(place.FineTune(cut, [.. how, "--resume"]));
            Assert.Contains("graft: note: goes on from step ", resumed.Error, StringComparison.Ordinal);
            resumed.AssertDoneQuietly();
            Assert.Equal(HashOf(name), HashOf(cut));
        }
    }

    [Fact]
    public void With_another_value_of_what_changes_no_weight()
    {
        string[] how = ["--epochs", "4", "--frozen-epochs", "1", "--augment", "none", "--learning-rate", "0.001", "--checkpoint-every", "2", "--freeze-below", "layer3"];
        string[] kept = ["--cache", "disk", "--cache-dir", place.In("kept-rows"), "--cache-limit", "1"], computedAgain = ["--cache", "off", "--activation-checkpointing", "on"];
        GraftLine.Run(place.FineTune("uncut", [.. how, .. kept])).AssertDoneQuietly();
        Assert.Equal(130, GraftLine.RunUntil("epoch 3/", place.FineTune("cut-once", [.. how, .. kept])).ExitCode);
        var resumed = GraftLine.Run(place.FineTune("cut-once", [.. how, .. computedAgain, "--resume"]));
        Assert.Contains("graft: note: goes on from step ", resumed.Error, StringComparison.Ordinal);
        resumed.AssertDoneQuietly();
        Assert.Equal(HashOf("uncut"), HashOf("cut-once"));
    }

    [Fact]
    public void Checkpointed_stages_make_the_same_bytes()
    {
        GraftLine.Run(place.FineTune("stages-kept", "--epochs", "2")).AssertDoneQuietly();
        GraftLine.Run(place.FineTune("stages-again", "--epochs", "2", "--activation-checkpointing", "on")).AssertDoneQuietly();
        Assert.Equal(HashOf("stages-kept"), HashOf("stages-again"));
        GraftLine.Run(place.FineTune("refused", "--activation-checkpointing", "yes")).AssertFailed(2, "--activation-checkpointing is off or on, not 'yes'");
    }

    public static TheoryData<string, string> TextTasks => new()
    {
        { "text-classification", "text\tlabel\na good film\tgood\nan awful film\tbad\nthe book is fine\tgood\nthe book is awful\tbad\na good dog\tgood\nbad cat\tbad" },
        { "token-classification", "ada B-PER\nlives O\nin O\nrome B-LOC\n\nbob B-PER\nworks O\n\nthe O\ncat O\n\ncarol B-PER\nis O\nin O\nparis B-LOC" },
        { "ranking", "text\tpair\tlabel\nada\tthe cat is bad\t0\nada\tthe cat is good\t1\nbob\tan awful dog\t0\nbob\ta fine dog\t1" },
        { "multiple-choice", "sent1\tending0\tending1\tlabel\nthe cat\tis good\tis awful\t0\na dog\tis bad\tis fine\t1\nada\tworks\tlives in rome\t1" },
        { "masked-language-model", "text\nthe cat is red and the sun is blue\nada lives in rome and works in paris\nbob was not in london\nthe moon and the sun" },
        { "replaced-token-detection", "text\nthe cat is red and the sun is blue\nada lives in rome and works in paris\nbob was not in london\nthe moon and the sun" },
        { "causal-lm", "text\nada lives in london .\nbob works in paris .\ncarol lives in rome .\nthe cat is red ." },
        { "sentence-embedding", "text\tpair\nthe cat is red\ta red cat\nada lives in rome\tada works in rome\nthe sun\tthe moon\nbob is not in london\tbob is in oslo" },
    };

    [Theory]
    [MemberData(nameof(TextTasks))]
    public void Every_task_over_texts(string task, string text)
    {
        string encoder = task == "causal-lm"
            ? TinyDecoder.Write(place.In("decoder")) : TinyEncoder.Write(place.In("encoder-" + task), task == "replaced-token-detection" ? "electra" : "bert");
        string data = place.In($"{task}.{(task == "token-classification" ? "conll" : "tsv")}");
        File.WriteAllText(data, text + "\n");
        string[] pairs = task == "sentence-embedding" ? ["--pair-column", "pair"] : [];
        string[] Line(string target, params string[] more) =>
            ["fine-tune", "--task", task, "--model", encoder, "--data", data, "--out", place.In(target), "--epochs", "3", "--batch-size", "2", .. pairs, .. more];
        GraftLine.Run(Line(task)).AssertDoneQuietly();
        string cut = task + "-cut";
        Assert.Equal(130, GraftLine.RunUntil("epoch 2/", Line(cut)).ExitCode);
        var resumed = GraftLine.Run(Line(cut, "--resume"));
        resumed.AssertDoneQuietly();
        Assert.Contains("goes on from step ", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(HashOf(task), HashOf(cut));
    }

    [Fact]
    public void Questions()
    {
        string encoder = TinyEncoder.Write(place.In("encoder-questions")), data = place.In("questions.json");
        File.WriteAllText(data, """
            {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "ada lives in rome .", "qas": [
              {"id": "1", "question": "where is ada ?", "answers": [{"text": "rome", "answer_start": 13}]},
              {"id": "2", "question": "who lives ?", "answers": [{"text": "ada", "answer_start": 0}]}]}]}]}
            """);
        string[] Line(string target, params string[] more) =>
            ["fine-tune", "--task", "question-answering", "--model", encoder, "--data", data, "--out", place.In(target), "--epochs", "4", "--batch-size", "1", .. more];
        GraftLine.Run(Line("reader")).AssertDoneQuietly();
        Assert.Equal(130, GraftLine.RunUntil("epoch 1/", Line("reader-cut")).ExitCode);
        GraftLine.Run(Line("reader-cut", "--resume")).AssertDoneQuietly();
        Assert.Equal(HashOf("reader"), HashOf("reader-cut"));
    }

    /// <summary>kill -9 at random moments, also while a checkpoint is written; GRAFT_KILLS says at how many.</summary>
    [Fact]
    public async Task After_kill_9_at_random_moments()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("there is no such signal there");
        int kills = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_KILLS"), out int asked) ? asked : 3;
        string encoder = TinyEncoder.Write(place.In("encoder-killed")), texts = place.In("killed.tsv");
        File.WriteAllLines(texts, ["text\tlabel", .. Enumerable.Range(0, 24).Select(static i => i % 2 == 0 ? $"a good film {i}\tgood" : $"an awful book {i}\tbad")]);
        string[] Pictures(string target) => place.FineTune(target, [.. Slow, "--resume"]);
        string[] Texts(string target) =>
            ["fine-tune", "--task", "text-classification", "--model", encoder, "--data", texts, "--out", place.In(target), "--epochs", "8", "--threads", "1", "--checkpoint-every", "2", "--resume"];
        var random = new Random();
        foreach (var (name, line, share) in (((string, Func<string, string[]>, int)[])[("killed-pictures", Pictures, kills - kills / 3), ("killed-texts", Texts, kills / 3)]))
        {
            var time = Stopwatch.StartNew();
            using (var uninterrupted = Start(line(name)))
            {
                await uninterrupted.WaitForExitAsync(TestContext.Current.CancellationToken);
                Assert.Equal(0, uninterrupted.ExitCode);
            }
            double whole = time.Elapsed.TotalMilliseconds;
            int amid = 0;
            for (int kill = 0; kill < share; kill++)
            {
                string target = $"{name}-{kill}";
                int after = (int)(random.NextDouble() * whole);
                using (var killed = Start(line(target)))
                {
                    await Task.Delay(after, TestContext.Current.CancellationToken);
                    killed.Kill();
                    await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
                }
                if (Directory.Exists(place.In(target, "checkpoints"))) amid++;
                var resumed = GraftLine.Run(line(target));
                Assert.True(resumed.ExitCode == 0, $"killed after {after} of {whole:0} ms: exit code {resumed.ExitCode}: {resumed.Error}");
                Assert.True(HashOf(name) == HashOf(target), $"killed after {after} of {whole:0} ms: other weights; {resumed.Error}");
                Assert.False(Directory.Exists(place.In(target, "checkpoints")));
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {share} kills within {whole:0} ms, {amid} of them with a checkpoint; all equal");
        }
    }

    [Fact]
    public void What_is_another_run_is_refused_with_what_differs()
    {
        string[] how = ["--epochs", "3", "--checkpoint-every", "1"];
        Assert.Equal(130, GraftLine.RunUntil("epoch 2/", place.FineTune("other", how)).ExitCode);
        string[] Resume(params string[] more) => place.FineTune("other", [.. more, "--checkpoint-every", "1", "--resume"]);
        GraftLine.Run(Resume("--epochs", "5", "--momentum", "0.5")).AssertFailed(2, "is of another training", "--epochs was 3 and is 5", "--momentum was 0.9 and is 0.5");
        string picture = Workplace.Paint(place.In("data", "bright", "one-more.ppm"), 200, 9);
        GraftLine.Run(Resume("--epochs", "3")).AssertFailed(2, "the data was ");
        File.Delete(picture);
        string[] otherModel = [.. Resume("--epochs", "3").Select(argument => argument == place.Weights ? Shifted() : argument)];
        GraftLine.Run(otherModel).AssertFailed(2, "the first weights was ");
        // without it a new run begins, and says so
        var anew = GraftLine.Run(place.FineTune("other", how));
        anew.AssertDoneQuietly();
        Assert.Contains("graft: note: ", anew.Error, StringComparison.Ordinal);
        Assert.Contains("--resume goes on with it", anew.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(place.In("other", "checkpoints")));

        string Shifted()
        {
            string path = place.In("shifted.safetensors");
            ModelRegistry.Create("cifar-resnet20", seed: 8).Save(path);
            return path;
        }
    }

    [Fact]
    public void Checkpoints_are_kept_where_that_is_asked_for_and_a_damaged_one_is_passed_over()
    {
        string[] how = ["--epochs", "3", "--checkpoint-every", "1", "--keep-checkpoints", "3"];
        GraftLine.Run(place.FineTune("kept", how)).AssertDoneQuietly();
        string[] files = [.. Directory.GetFiles(place.In("kept", "checkpoints")).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Equal(["step-00000006.safetensors", "step-00000007.safetensors", "step-00000008.safetensors"], files.TakeLast(3));
        string hash = HashOf("kept"), newest = place.In("kept", "checkpoints", files[^1]);
        File.WriteAllBytes(newest, File.ReadAllBytes(newest)[..^100]);
        var again = GraftLine.Run(place.FineTune("kept", [.. how, "--resume", "--json"]));
        Assert.Contains("step-00000008.safetensors: damaged or cut", again.Error, StringComparison.Ordinal);
        Assert.Equal(7, again.AssertDone().GetProperty("resumedFrom").GetInt32());
        Assert.Equal(hash, HashOf("kept"));
        foreach (string file in Directory.GetFiles(place.In("kept", "checkpoints"))) File.WriteAllText(file, "no checkpoint");
        var none = GraftLine.Run(place.FineTune("kept", [.. how, "--resume"]));
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("no checkpoint in it is whole", none.Error, StringComparison.Ordinal);
        GraftLine.Run(place.FineTune("kept", "--checkpoint-every", "epochs")).AssertFailed(2, "--checkpoint-every is a whole number from 1 up or epoch, not 'epochs' (nearest: epoch)");
        GraftLine.Run(place.FineTune("kept", "--keep-checkpoints", "0")).AssertFailed(2, "--keep-checkpoints is a whole number from 1 up");
    }

    /// <summary>A small file system of its own that fills up: an error in words, what was kept before stays and is gone on from.</summary>
    [Fact]
    public void A_disk_that_fills_up_is_said_and_the_run_goes_on_when_there_is_room()
    {
        string disk = place.In("disk");
        Directory.CreateDirectory(disk);
        if (!OperatingSystem.IsLinux() || !Mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", disk)) Assert.Skip("no small file system can be mounted here");
        try
        {
            string[] how = ["--epochs", "3", "--checkpoint-every", "1", "--threads", "1"];
            GraftLine.Run(place.FineTune("roomy", how)).AssertDoneQuietly();
            // there is room for some checkpoints of 2.2 MB and not for five
            File.WriteAllBytes(place.In("disk", "filler"), new byte[1 << 20]);
            var full = GraftLine.Run(place.FineTune("disk", [.. how, "--keep-checkpoints", "5"]));
            Assert.Equal(1, full.ExitCode);
            Assert.Matches(@"the checkpoint of step \d cannot be written .*; the one of step \d is as it was", full.Error);
            string[] files = Directory.GetFiles(place.In("disk", "checkpoints"));
            Assert.DoesNotContain(files, static file => file.EndsWith(".partial", StringComparison.Ordinal));
            // the model itself was saved where there is room
            string rescued = full.Error.TrimEnd()[(full.Error.LastIndexOf(" is saved in ", StringComparison.Ordinal) + " is saved in ".Length)..];
            if (rescued.Contains("graft-rescued-", StringComparison.Ordinal)) Directory.Delete(rescued, recursive: true);
            Assert.True(Mount("-o", "remount,size=32m", disk));
            var resumed = GraftLine.Run(place.FineTune("disk", [.. how, "--resume"]));
            resumed.AssertDoneQuietly();
            Assert.Contains("goes on from step ", resumed.Error, StringComparison.Ordinal);
            Assert.Equal(HashOf("roomy"), HashOf("disk"));
        }
        finally
        {
            using var unmount = Process.Start("umount", [disk]);
            unmount.WaitForExit();
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_said()
    {
        string target = place.In("blocked");
        Directory.CreateDirectory(target);
        File.WriteAllText(Path.Combine(target, "checkpoints"), "a file in the way");
        var run = GraftLine.Run(place.FineTune("blocked", "--epochs", "2", "--checkpoint-every", "1"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the checkpoint of step 1 cannot be written", run.Error, StringComparison.Ordinal);
        Assert.Contains("what was learnt in 1 step", run.Error, StringComparison.Ordinal);
    }

    private string HashOf(string target) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(place.In(target, "model.safetensors"))));

    private static bool Mount(params string[] arguments)
    {
        try
        {
            using var mount = Process.Start(new ProcessStartInfo("mount", arguments) { RedirectStandardError = true })!;
            mount.WaitForExit();
            return mount.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string[] line)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "graft.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (string argument in (string[])["exec", program, .. line]) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }
}
