namespace Graft.Models.Tests;

public class ModelRegistryTests
{
    public static TheoryData<string> Names => [.. ModelRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_has_the_published_number_of_parameters(string name)
    {
        long? published = ModelRegistry.Pretrained(name).Parameters;
        Assert.NotNull(published);
        using var model = ModelRegistry.Create(name);
        Assert.Equal(published, model.Parameters().Sum(parameter => parameter.Shape.ElementCount));
    }
}
