using Microsoft.Extensions.Options;

namespace Graft.Samples.Embedding;

/// <summary>A web application that embeds an image classifier.</summary>
public static class EmbeddingApp
{
    /// <summary>Makes the application with its classifier, ready to run.</summary>
    /// <param name="args">The command line: every setting may stand there, as in <c>--Classifier:Folder=my-classifier</c>.</param>
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddOptions<ClassifierOptions>().BindConfiguration(ClassifierOptions.Section).ValidateDataAnnotations();
        builder.Services.AddSingleton<ClassifierSource>();
        builder.Services.AddSingleton<ServedClassifier>();
        builder.Services.AddSingleton<PredictionQueue>();
        builder.Services.AddSingleton<FineTuneWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<FineTuneWorker>());
        builder.Services.AddProblemDetails();
        builder.Services.AddExceptionHandler<ProblemHandler>();
        builder.Services.AddHealthChecks();
        // a fine-tuning that runs at shutdown ends after its step, requests that run are answered
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.WebHost.ConfigureKestrel((context, kestrel) =>
            kestrel.Limits.MaxRequestBodySize = context.Configuration.GetSection(ClassifierOptions.Section).Get<ClassifierOptions>()?.LargestUpload
                ?? new ClassifierOptions().LargestUpload);

        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();       // an unknown address is a problem+json too
        app.MapHealthChecks("/health");
        app.MapPredictions();
        app.MapFineTuning();
        // made now and not at the first request, which would wait for it
        _ = app.Services.GetRequiredService<IOptions<ClassifierOptions>>().Value;
        _ = app.Services.GetRequiredService<ServedClassifier>();
        return app;
    }
}
