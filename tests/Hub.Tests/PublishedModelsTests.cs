namespace Graft.Hub.Tests;

public sealed class PublishedModelsTests
{
    [Fact]
    public void Every_row_is_complete_and_in_order()
    {
        Assert.All(PublishedModels.All, static row =>
        {
            row.Preprocessing?.Validate();
            Assert.NotEmpty(row.Licence);
            Assert.True(row.Parameters > 0, row.Name);
            Assert.True(row.Accuracy is null or (> 50 and < 100), row.Name);
            Assert.True(row.ClassNames is null || row.ClassNames.Count == row.Classes, row.Name);
            if (row.Source is not FileWeightSource file) return;
            // the start of the hash is checked by the name: both say the same
            Assert.Equal(row.Sha256Prefix, ContentHash.FromName(file.Address.Segments[^1])?.Digits);
            Assert.Contains(row.Architecture, row.Name, StringComparison.Ordinal);
            Assert.Contains(row.Architecture, ModelRegistry.Names);
        });
    }

    [Fact]
    public void The_rows_of_an_architecture_agree_with_it()
    {
        foreach (var row in PublishedModels.All.Where(static row => ModelRegistry.Names.Contains(row.Architecture)))
        {
            var known = ModelRegistry.Pretrained(row.Architecture);
            Assert.Equal((row.Name, known.Parameters), (row.Name, row.Parameters));
            Assert.Equal((row.Name, known.Classes), (row.Name, row.Classes));
        }
    }

    [Fact]
    public void The_preprocessing_of_an_architecture_is_that_of_weights_of_it()
    {
        var without = from architecture in ModelRegistry.Names
                      let rows = PublishedModels.All.Where(row => row.Architecture == architecture && row.Source is FileWeightSource).ToList()
                      where rows.Count > 0 && rows.All(row => row.Preprocessing != ModelRegistry.Pretrained(architecture).Preprocessing)
                      select architecture;
        Assert.Empty(without);
    }

    [Fact]
    public void An_architecture_has_one_default_at_most()
    {
        var several = PublishedModels.All.Where(static row => row.IsDefault).GroupBy(static row => row.Architecture).Where(static group => group.Count() > 1);
        Assert.Empty(several.Select(static group => group.Key));
    }

    [Theory]
    [InlineData("resnet50", "resnet50.IMAGENET1K_V2")]
    [InlineData("resnet50.IMAGENET1K_V1", "resnet50.IMAGENET1K_V1")]
    [InlineData("RESNET18.imagenet1k_v1", "resnet18.IMAGENET1K_V1")]
    [InlineData("cifar-resnet20", "cifar-resnet20.CIFAR10")]
    [InlineData("microsoft/resnet-50", "microsoft/resnet-50")]
    [InlineData("google-bert/bert-base-uncased", "bert-base-uncased")]
    [InlineData("mlnet-resnet18", "mlnet-resnet18")]
    [InlineData("resnet51", null)]
    [InlineData("bert", null)]
    public void Rows_are_found_by_name_repository_and_architecture(string name, string? row) => Assert.Equal(row, PublishedModels.Find(name)?.Name);

    [Fact]
    public void The_files_of_torchvision_are_where_it_says()
    {
        var row = PublishedModels.Find("resnet50")!;
        Assert.Equal("https://download.pytorch.org/models/resnet50-11ad3fa6.pth", row.Source.ToString());
        Assert.Equal(("11ad3fa6", 80.858, 232), (row.Sha256Prefix, row.Accuracy, row.Preprocessing!.ResizeShorterSide));
        Assert.Equal("tench", row.ClassNames![0]);
    }

    [Theory]
    [InlineData("microsoft/", 6)]
    [InlineData("IMAGENET1K_V2", 20)]
    [InlineData("sentence", 6)]
    [InlineData("nothing has this", 0)]
    public void A_search_looks_into_names_and_sources(string text, int least) => Assert.InRange(PublishedModels.Search(text).Count(), least, least * 2);

    [Theory]
    [InlineData("resnet5O", "resnet50")]
    [InlineData("vgg16.IMAGENET1K_V3", "vgg16.IMAGENET1K_V1")]
    [InlineData("all-MiniLM-L6", "all-MiniLM-L6-v2")]
    public async Task A_name_that_does_not_exist_suggests_the_nearest(string name, string nearest)
    {
        using var place = new Workplace();
        Assert.False(PublishedModelFetcher.IsFetchable(name));
        var failure = await Assert.ThrowsAsync<HubException>(() => PublishedModelFetcher.FetchAsync(name, place.Settings));
        Assert.True(failure.IsWrongName);
        Assert.Matches($@"\(nearest: [\w/-]*{nearest}", failure.Message);
    }
}
