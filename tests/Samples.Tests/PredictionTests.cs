using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Graft.Tasks;

namespace Graft.Samples.Tests;

/// <summary>What the web application answers, whoever asks how.</summary>
[Collection(nameof(SampleUsers))]
public sealed class PredictionTests(UnconfiguredSample unconfigured)
{
    private RunningSample Sample => unconfigured.Sample;

    [Fact]
    public async Task An_answer_is_the_librarys()
    {
        using var classifier = ImageClassifier.Load(UnconfiguredSample.Classifier);
        byte[] picture = UnconfiguredSample.Picture("checks", 3);
        var expected = classifier.Predict(picture);

        var (status, answer) = await Sample.SendAsync("/predict?top=2", picture);
        Assert.Equal(200, status);
        Assert.Equal(expected.Label, answer.GetProperty("label").GetString());
        Assert.Equal(expected.Probability, answer.GetProperty("probability").GetDouble());
        Assert.Equal(
            expected.Classes.Take(2),
            answer.GetProperty("top").EnumerateArray().Select(entry => new ClassProbability(
                entry.GetProperty("label").GetString()!, entry.GetProperty("probability").GetDouble())));

        var model = await Sample.GetAsync("/model");
        Assert.Equal(["across", "checks", "down"], model.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(model.GetProperty("network").GetString(), answer.GetProperty("network").GetString());
        Assert.Equal("Healthy", await Sample.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
    }

    [Fact]
    public async Task A_form_is_answered_as_a_body_is()
    {
        byte[] picture = UnconfiguredSample.Picture("down", 0);
        var (_, expected) = await Sample.SendAsync("/predict", picture);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(picture), "picture", "down.ppm" } };
        using var response = await Sample.Client.PostAsync(new Uri("/predict", UriKind.Relative), form);
        Assert.Equal(expected.GetRawText(), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Features_are_the_librarys()
    {
        string file = Path.Combine(UnconfiguredSample.Drawn, "pictures", "across", "5.ppm");
        using var classifier = ImageClassifier.Load(UnconfiguredSample.Classifier);
        var (status, answer) = await Sample.SendAsync("/features", await File.ReadAllBytesAsync(file));
        Assert.Equal(200, status);
        Assert.Equal(classifier.Features([file]).Single(), answer.GetProperty("features").EnumerateArray().Select(value => value.GetSingle()));
    }

    [Fact]
    public async Task Sixteen_at_once_are_answered_as_one_alone()
    {
        byte[][] pictures = [.. Enumerable.Range(0, 16).Select(number => UnconfiguredSample.Picture("checks", number))];
        var alone = new List<string>();
        foreach (byte[] picture in pictures) alone.Add((await Sample.SendAsync("/predict", picture)).Answer.GetRawText());
        for (int round = 0; round < 4; round++)
        {
            var together = await Task.WhenAll(pictures.Select(picture => Sample.SendAsync("/predict", picture)));
            Assert.Equal(alone, together.Select(answer => answer.Answer.GetRawText()));
        }
    }

    [Theory]
    [InlineData("/predict")]
    [InlineData("/features")]
    public async Task What_is_no_picture_is_refused_with_the_reason(string path)
    {
        var (status, problem) = await Sample.SendAsync(path, Encoding.UTF8.GetBytes("this is a text and no picture"));
        Assert.Equal(400, status);
        Assert.Equal("the request's body: is not an image (JPEG, PNG, BMP, GIF, WebP or PPM)", problem.GetProperty("detail").GetString());
        Assert.Equal(400, (await Sample.SendAsync(path, [])).Status);
        byte[] half = UnconfiguredSample.Picture("checks", 0)[..1000];
        Assert.Equal(400, (await Sample.SendAsync(path, half)).Status);
    }

    [Fact]
    public async Task Too_large_a_file_is_refused()
    {
        await using var small = await RunningSample.StartAsync($"--Classifier:Folder={UnconfiguredSample.Classifier}", "--Classifier:LargestUpload=4000");
        var (status, problem) = await small.SendAsync("/predict", new byte[20_000]);
        Assert.Equal(413, status);
        Assert.Contains("4000 bytes", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (await small.SendAsync("/predict", UnconfiguredSample.Picture("checks", 0))).Status);
    }

    [Fact]
    public async Task Clients_that_go_do_no_harm()
    {
        byte[] picture = UnconfiguredSample.Picture("across", 1);
        string expected = (await Sample.SendAsync("/predict", picture)).Answer.GetRawText();
        for (int i = 0; i < 20; i++)
        {
            // one goes in the middle of its upload, one while it waits for its answer
            using (var socket = new TcpClient())
            {
                await socket.ConnectAsync(Sample.Client.BaseAddress!.Host, Sample.Client.BaseAddress.Port);
                var stream = socket.GetStream();
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Length: {picture.Length}\r\n\r\n"));
                await stream.WriteAsync(picture.AsMemory(0, picture.Length / 2));
            }
            using var gone = new CancellationTokenSource();
            var asked = Sample.SendAsync("/predict", picture, gone.Token);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Sample.SendAsync("/predict", picture)));
        Assert.All(answers, answer => Assert.Equal(expected, answer.Answer.GetRawText()));
    }

    [Fact]
    public async Task More_than_may_wait_are_sent_away()
    {
        await using var narrow = await RunningSample.StartAsync(
            $"--Classifier:Folder={UnconfiguredSample.Classifier}", "--Classifier:SimultaneousPredictions=1", "--Classifier:WaitingPredictions=1");
        byte[] large = [.. "P6 1200 1200 255\n"u8, .. new byte[1200 * 1200 * 3]];
        (int Status, JsonElement Answer)[] answers = [];
        for (int round = 0; round < 10 && answers.All(answer => answer.Status == 200); round++)
            answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => narrow.SendAsync("/predict", large)));
        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 503));
        Assert.Contains(answers, answer => answer.Status == 200);
        var refused = answers.First(answer => answer.Status == 503).Answer;
        Assert.Equal("1 predictions are waiting already: try again later", refused.GetProperty("detail").GetString());
    }
}
