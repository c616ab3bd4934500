using System.Text.Json;
using Graft.Tasks;

namespace Graft.Samples.Tests;

/// <summary>Fine-tuning in the background, beside answers.</summary>
[Collection(nameof(SampleUsers))]
public sealed class FineTuningTests : IAsyncLifetime
{
    private readonly string saved = Directory.CreateTempSubdirectory("graft-sample-").FullName;
    private RunningSample sample = null!;

    public async ValueTask InitializeAsync() => sample = await RunningSample.StartAsync(
        $"--Classifier:Folder={UnconfiguredSample.Classifier}", $"--Classifier:TrainingRoot={UnconfiguredSample.Drawn}",
        $"--Classifier:SaveTo={Path.Combine(saved, "learnt")}");

    public async ValueTask DisposeAsync()
    {
        await sample.DisposeAsync();
        Directory.Delete(saved, recursive: true);
    }

    [Fact]
    public async Task Answers_beside_a_fine_tuning_are_the_old_networks_until_the_new_one_is_there()
    {
        byte[] picture = UnconfiguredSample.Picture("down", 7);
        string before = (await sample.SendAsync("/predict", picture)).Answer.GetRawText();
        string old = Network(JsonDocument.Parse(before).RootElement);

        var (status, job) = await sample.StartFineTuningAsync("pictures", epochs: 1);
        Assert.Equal(202, status);
        string id = job.GetProperty("id").GetString()!;
        var done = sample.WaitForAsync(id, "Done");
        int compared = 0;
        do
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => sample.SendAsync("/predict", picture)));
            foreach (var (_, answer) in answers.Where(answer => Network(answer.Answer) == old))
            {
                Assert.Equal(before, answer.GetRawText());
                compared++;
            }
        }
        while (!done.IsCompleted);
        var end = await done;
        Assert.True(compared > 0);

        var after = (await sample.SendAsync("/predict", picture)).Answer;
        Assert.NotEqual(old, Network(after));
        Assert.Equal(Network(end), Network(after));
        Assert.Equal(end.GetProperty("steps").GetInt32(), end.GetProperty("step").GetInt32());
        Assert.InRange(end.GetProperty("accuracy").GetDouble(), 0, 1);
        using var learnt = ImageClassifier.Load(Path.Combine(saved, "learnt"));
        Assert.Equal(learnt.Predict(picture).Probability, after.GetProperty("probability").GetDouble());
    }

    [Fact]
    public async Task One_runs_at_a_time_and_a_cancelled_one_changes_nothing()
    {
        string old = Network(await sample.GetAsync("/model"));
        string id = (await sample.StartFineTuningAsync("pictures", epochs: 10_000)).Answer.GetProperty("id").GetString()!;
        await sample.WaitForAsync(id, "Running");
        var (status, problem) = await sample.StartFineTuningAsync("pictures", epochs: 1);
        Assert.Equal(409, status);
        Assert.Contains(id, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);

        using var accepted = await sample.Client.DeleteAsync(new Uri($"/fine-tune/{id}", UriKind.Relative));
        await sample.WaitForAsync(id, "Cancelled");
        Assert.Equal(old, Network(await sample.GetAsync("/model")));
        Assert.False(Directory.Exists(Path.Combine(saved, "learnt")));

        // and the application ends although one runs
        id = (await sample.StartFineTuningAsync("pictures", epochs: 10_000)).Answer.GetProperty("id").GetString()!;
        await sample.WaitForAsync(id, "Running");
        await sample.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("/")]
    [InlineData("no such folder")]
    public async Task Folders_elsewhere_are_refused(string folder) =>
        Assert.Equal(400, (await sample.StartFineTuningAsync(folder, epochs: 1)).Status);

    [Fact]
    public async Task A_fine_tuning_that_fails_says_why()
    {
        // the classifier's own folder has no class folders
        string id = (await sample.StartFineTuningAsync("classifier", epochs: 1)).Answer.GetProperty("id").GetString()!;
        JsonElement status;
        do status = await sample.GetAsync($"/fine-tune/{id}");
        while (status.GetProperty("state").GetString() is "Waiting" or "Running");
        Assert.Equal("Failed", status.GetProperty("state").GetString());
        Assert.NotEmpty(status.GetProperty("message").GetString()!);
    }

    private static string Network(JsonElement answer) => answer.GetProperty("network").GetString()!;
}
