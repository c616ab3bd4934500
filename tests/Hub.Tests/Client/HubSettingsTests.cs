namespace Graft.Hub.Tests;

public sealed class HubSettingsTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public void Without_variables_the_folders_are_those_of_Python()
    {
        var settings = From();
        Assert.Equal("https://huggingface.co/", settings.Endpoint.AbsoluteUri);
        Assert.Equal(place.In(".cache", "huggingface", "hub"), settings.CacheFolder);
        Assert.Equal(place.In(".cache", "torch", "hub", "checkpoints"), settings.TorchFolder);
        Assert.Equal(place.In(".cache", "graft"), settings.GraftFolder);
        Assert.False(settings.Offline);
        Assert.Null(settings.Token);
    }

    [Theory]
    [InlineData("a/hf/hub", "HF_HOME=a/hf")]
    [InlineData("b", "HF_HOME=a/hf", "HF_HUB_CACHE=b")]
    [InlineData("c", "HF_HOME=a/hf", "HUGGINGFACE_HUB_CACHE=c")]
    [InlineData("b", "HF_HUB_CACHE=b", "HUGGINGFACE_HUB_CACHE=c")]
    [InlineData("x/huggingface/hub", "XDG_CACHE_HOME=x")]
    [InlineData(".cache/huggingface/hub", "HF_HOME= ")]
    public void The_cache_is_where_the_variables_say(string expected, params string[] variables)
    {
        string[] absolute = [.. variables.Select(variable => variable.EndsWith(' ') ? variable : variable.Replace("=", "=" + place.Folder + "/", StringComparison.Ordinal))];
        Assert.Equal(place.In(expected), From(absolute).CacheFolder);
    }

    [Fact]
    public void Home_is_where_the_tilde_leads()
    {
        Assert.Equal(place.In("models", "hub"), From("HF_HOME=~/models").CacheFolder);
        Assert.Equal(place.In("t", "hub", "checkpoints"), From("TORCH_HOME=~/t").TorchFolder);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("YES", true)]
    [InlineData("0", false)]
    [InlineData("no", false)]
    public void Offline_is_what_Python_takes_for_yes(string value, bool offline)
    {
        Assert.Equal(offline, From($"HF_HUB_OFFLINE={value}").Offline);
        Assert.Equal(offline, From($"TRANSFORMERS_OFFLINE={value}").Offline);
    }

    [Fact]
    public void The_token_is_of_the_variable_or_of_the_file()
    {
        Directory.CreateDirectory(place.In(".cache", "huggingface"));
        File.WriteAllText(place.In(".cache", "huggingface", "token"), "hf_file\n");
        Assert.Equal("hf_file", From().Token);
        Assert.Equal("hf_one", From("HF_TOKEN=hf_one").Token);
        Assert.Null(From("HF_HUB_DISABLE_IMPLICIT_TOKEN=1").Token);
        var failure = Assert.Throws<HubException>(() => From("HF_TOKEN=hf_one two"));
        Assert.DoesNotContain("hf_one", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HF_ENDPOINT=huggingface.co")]
    [InlineData("HF_ENDPOINT=file:///etc")]
    [InlineData("HF_HUB_DOWNLOAD_TIMEOUT=soon")]
    [InlineData("HF_HUB_DOWNLOAD_TIMEOUT=-1")]
    public void A_variable_that_means_nothing_is_named(string variable) =>
        Assert.Contains(variable.Split('=')[0], Assert.Throws<HubException>(() => From(variable)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_timeout_is_in_seconds() => Assert.Equal(TimeSpan.FromSeconds(2.5), From("HF_HUB_DOWNLOAD_TIMEOUT=2.5").StallTimeout);

    private HubSettings From(params string[] variables)
    {
        var all = variables.Select(static variable => variable.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);
        return HubSettings.From(all.GetValueOrDefault, place.Folder);
    }
}
