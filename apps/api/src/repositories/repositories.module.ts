import { Module } from '@nestjs/common';
import { RepositoryResolver } from './repository.resolver.js';
import { RepositoryService } from './repository.service.js';

@Module({ providers: [RepositoryResolver, RepositoryService] })
export class RepositoriesModule {}
